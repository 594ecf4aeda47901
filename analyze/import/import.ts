/** Makes .tpp captures from text that other programs recorded. */
import { randomUUID } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type TppHeader, TppWriter, walkTpp } from "@tcpprobe-plus/tpp";
import type { RejectedLine } from "../captures/capture.ts";
import { InputError, NotACaptureError, NotAFileError } from "../errors.ts";
import { Pass } from "../records/pass.ts";
import { kernelProbeNames, kernelProbeNamesWith } from "../records/texts/kernel-probe.ts";
import { olderHexNames, olderNames } from "../records/texts/older-fields.ts";
import { knownEvents } from "../records/texts/tracepoints.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../temporary.ts";
import { version } from "../version.ts";
import { type TextFormat, textFormats } from "./formats.ts";
import { firstPollTime, type PollsSeen, pollsFormat, pollsOf } from "./polls.ts";
import { linesOf, type TextFile, textFile } from "./text-file.ts";

export interface ImportOptions {
  /** CONFIG_HZ of the machine, for times in jiffies. */
  readonly hz?: number | undefined;
  /** When its first record was made, where the text does not show it. */
  readonly began?: Date | undefined;
  /** Tracepoints that were recorded, including those that never occurred. */
  readonly events?: readonly string[] | undefined;
  /** The unit of srtt in text of the kernel's own tcp_probe. */
  readonly srttUnit?: "us" | "jiffies" | undefined;
}

export interface Imported {
  readonly format: string;
  readonly lines: number;
  readonly records: number;
  readonly flows: number;
  readonly notes: readonly string[];
  /** Lines that are not records, by reason. */
  readonly rejected: readonly RejectedLine[];
}

/**
 * The text to import: one file, or the numbered files of a folder in order, with the module's statistics from there.
 */
interface Origin {
  readonly files: readonly string[];
  readonly statistics: string | null;
}

/**
 * Writes a .tpp file with the text of `path`: a file, `-` for standard input, or a folder of read_data.py. The text is
 * not changed, except that lines without information before the first record are left out. What the text does not show
 * is null in the header. Guesses are listed in the header's notes. Throws an InputError, a NotACaptureError, or an
 * error of the writer.
 */
export async function importText(
  path: string,
  output: string,
  options: ImportOptions,
  overwrite: boolean,
): Promise<Imported> {
  const origin = await originOf(path);
  const directory = makeTemporaryDirectory(join(tmpdir(), "analyze-"));
  try {
    const files: TextFile[] = [];
    for (const [index, name] of origin.files.entries()) files.push(await textFile(name, directory, index));
    return await importFiles(path, { ...origin, texts: files }, output, options, overwrite);
  } finally {
    await removeTemporaryDirectory(directory);
  }
}

async function importFiles(
  path: string,
  origin: Origin & { readonly texts: readonly TextFile[] },
  output: string,
  options: ImportOptions,
  overwrite: boolean,
): Promise<Imported> {
  const found = await examine(path, origin.texts);
  if (found.format === pollsFormat) return importPolls(path, origin, output, options, overwrite);
  const header = await headerOf(path, origin, found, options);
  const writer = await TppWriter.create(output, header, { overwrite });
  const leading = new Map(found.leading);
  for (const file of origin.texts) {
    for await (const chunk of createReadStream(file.path, { start: leading.get(file) ?? 0, highWaterMark: 1 << 20 }))
      if (!writer.write(chunk as Buffer)) await writer.drained();
  }
  const { lines } = await writer.close({
    reason: "source ended",
    ...(origin.statistics === null ? {} : { statistics: { start: null, end: origin.statistics } }),
  });
  const { records, rejected, flows } = await readBack(output);
  if (records === 0) throw new NotACaptureError(path, noRecords(found.format, rejected));
  return { format: found.format.name, lines, records, flows, rejected, notes: header.notes ?? [] };
}

/** Turns polls of ss into the text that `capture` itself writes for them. */
async function importPolls(
  path: string,
  origin: Origin & { readonly texts: readonly TextFile[] },
  output: string,
  { began, hz }: ImportOptions,
  overwrite: boolean,
): Promise<Imported> {
  const { mtimeMs } = await stat(origin.texts.at(-1)!.path);
  const latest = began?.getTime() ?? mtimeMs;

  const first = await firstPollTime(origin.texts, latest);
  if (first === null)
    throw new NotACaptureError(
      path,
      "is output of ss without times. Pipe the loop through `ts '%.s'` or print `date +%s.%N` before each poll. `capture run --source ss` records polls with their times",
    );
  const seen: PollsSeen = { firstNs: first, isFine: false, guess: null };
  const notes = [
    `imported from ${path === "-" ? "standard input" : basename(path)}, text of ss`,
    "the kernel is not known, so counts that only newer kernels have are NULL where they are not printed",
  ];
  const header = emptyHeader({
    origin,
    text: "ss",
    hz: hz ?? null,
    clock: { realtime_ns: String(first), monotonic_ns: "0", zero_monotonic_ns: "0" },
    format: pollsFormat.name,
    notes,
  });
  for await (const _ of pollsOf(origin.texts, latest, seen));
  if (seen.guess !== null)
    notes.push(
      `guess: times are taken for UTC${seen.guess === "zone and year" ? `, of the year ${new Date(Number(first / 1_000_000n)).getUTCFullYear()}` : ""}; the text does not tell (\`ts '%.s'\` would)`,
    );
  if (!seen.isFine) notes.push("times are whole seconds, so polls within one second have the same time");
  const writer = await TppWriter.create(output, header, { overwrite });
  for await (const text of pollsOf(origin.texts, latest, seen))
    if (!writer.write(Buffer.from(text))) await writer.drained();
  const { lines } = await writer.close({ reason: "source ended" });
  const { records, rejected, flows } = await readBack(output);
  if (records === 0) throw new NotACaptureError(path, noRecords(pollsFormat, rejected));
  return { format: pollsFormat.name, lines, records, flows, rejected, notes };
}

/** Reads the new capture once, so that import can report which lines are not records. */
async function readBack(path: string): Promise<{ records: number; flows: number; rejected: readonly RejectedLine[] }> {
  const walk = await walkTpp(path);
  const pass = new Pass({ path, files: [{ path, header: walk.header!, walk }], number: 1 });
  try {
    for (let batch = pass.next(); batch; batch = pass.next()) pass.release(batch);
    const { capture, flows } = pass.end();
    return { records: capture.records, rejected: capture.rejected, flows };
  } finally {
    await pass.close();
  }
}

function noRecords({ name }: TextFormat, rejected: readonly RejectedLine[]): string {
  const [first] = rejected;
  const example = first ? `: one ${first.why} (${JSON.stringify(first.line.slice(0, 80))})` : "";
  return `looks like text of ${name}, but no line of it can be read${example}`;
}

async function originOf(path: string): Promise<Origin> {
  if (path === "-") return { files: ["-"], statistics: null };
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(path, error);
  });
  if (!found.isDirectory()) {
    if (!found.isFile()) throw new NotAFileError(path, found.isFIFO());
    return { files: [path], statistics: null };
  }
  const names = await readdir(path);
  // read_data.py writes tcp-stat.log.1, .2, … and renames the last one to tcp-stat.log when it ends.
  const place = (name: string): number => Number(/\.(\d+)$/.exec(name)?.[1] ?? Number.POSITIVE_INFINITY);
  const logs = names.filter((name) => /^tcp-stat\.log(\.\d+)?$/.test(name)).sort((a, b) => place(a) - place(b));
  if (logs.length === 0)
    throw new NotACaptureError(
      path,
      "has no tcp-stat.log in it, so it is not a folder of read_data.py. Give a file to import",
    );
  const statistics = names.find((name) => name.endsWith(".stat"));
  return {
    files: logs.map((name) => join(path, name)),
    statistics: statistics === undefined ? null : await readFile(join(path, statistics), "utf8"),
  };
}

interface Found {
  readonly format: TextFormat;
  /** For each file, the number of bytes left out before its first record; below, the lines there. */
  readonly leading: readonly (readonly [file: TextFile, bytes: number])[];
  readonly leadingLines: readonly string[];
  readonly first: string;
  readonly last: string;
  /** Tracepoints found in the text, each with one of its lines. */
  readonly events: ReadonlyMap<string, string>;
}

/** Most lines searched for the first record. */
const examinedLines = 100_000;
/** Lines about losses are kept, even before the first record. */
const tellsLosses = /entries-written|EVENTS|PERF_RECORD_LOST/;

async function examine(path: string, texts: readonly TextFile[]): Promise<Found> {
  let format: TextFormat | undefined;
  let first = "";
  const leading: [TextFile, number][] = [];
  const leadingLines: string[] = [];
  for (const file of texts) {
    let bytes = 0;
    let seen = 0;
    const before: string[] = [];
    for await (const { line, bytes: taken } of linesOf(file)) {
      if (++seen > examinedLines) break;
      format ??= [...textFormats, pollsFormat].find(({ record }) => record.test(line));
      if (format?.record.test(line)) {
        first ||= line;
        break;
      }
      bytes += taken;
      if (before.length < 1000) before.push(line);
    }
    leadingLines.push(...before);
    leading.push([file, format && !before.some((line) => tellsLosses.test(line)) ? bytes : 0]);
  }
  if (!format) throw new NotACaptureError(path, whatItIs(leadingLines));
  const isTrace = format.text === "trace_pipe";
  return {
    format,
    leading,
    leadingLines,
    first,
    last: await lastRecord(texts.at(-1)!, format),
    events: isTrace ? await eventsIn(texts) : new Map(),
  };
}

const formatNames = textFormats.map(({ name }) => name).join(", ");

/** Describes a text without records, from its first lines. */
function whatItIs(lines: readonly string[]): string {
  const entries = lines.map((line) => /entries-in-buffer\/entries-written:\s*\d+\/(\d+)/.exec(line)?.[1]).find(Boolean);
  if (entries === "0") return "the trace holds 0 records: nothing was recorded";
  const others = new Set(lines.flatMap((line) => /\d: +(?:\w+:)?(\w+):(?: |$)/.exec(line)?.[1] ?? []));
  if (others.size > 0)
    return `is text of a trace, but has none of ${knownEvents.map(({ name }) => name).join(", ")}. It has ${[...others].slice(0, 5).join(", ")}`;
  if (lines.every((line) => line.trim() === "" || line.startsWith("#") || /^cpus=\d+$/.test(line)))
    return "holds only comments: nothing was recorded";
  return `holds no records of ${formatNames} in its first ${Math.min(lines.length, examinedLines)} lines`;
}

/** Those of the known tracepoints that occur anywhere in the text, each with one of its lines. */
async function eventsIn(texts: readonly TextFile[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const overlap = 4096;
  for (const { path } of texts) {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      const text = Buffer.concat([rest, chunk as Buffer]);
      for (const { name } of knownEvents) {
        if (found.has(name)) continue;
        for (let at = text.indexOf(`${name}: `); at >= 0; at = text.indexOf(`${name}: `, at + 1)) {
          const line = text.toString("latin1", text.lastIndexOf(10, at) + 1, Math.max(at, text.indexOf(10, at)));
          if (!textFormats.some(({ text, record }) => text === "trace_pipe" && record.test(line))) continue;
          found.set(name, line);
          break;
        }
      }
      if (found.size === knownEvents.length) return found;
      rest = text.subarray(-overlap);
    }
  }
  return found;
}

async function lastRecord({ path }: TextFile, { record }: TextFormat): Promise<string> {
  await using handle = await open(path, "r");
  const { size } = await handle.stat();
  const tail = Buffer.alloc(Math.min(size, 64 * 1024));
  await handle.read(tail, 0, tail.length, size - tail.length);
  const lines = tail.toString("latin1").split("\n");
  return lines.findLast((line) => record.test(line)) ?? "";
}

/** `"family=%s src=%s …"`: the keys of an event's record in order, in the form of the kernel's `print fmt`. */
function printFormatOf(line: string): string {
  const pairs = /: +(?:\w+:)?\w+: +(\w+=.*)$/.exec(line.trimEnd())?.[1] ?? "";
  return `"${[...pairs.matchAll(/(?:^| )(\w+)=/g)].map(([, key]) => `${key}=%s`).join(" ")}"`;
}

/** Time of a record, ns. */
function timeOf(line: string, { text, columns }: TextFormat): bigint {
  if (text === "trace_pipe") {
    const [, seconds, us] = /(?:^| )(?:(\d+\.\d+)|(\d+)us.?): +(?:\w+:)?(?:tcp|inet)_\w+: /.exec(line) ?? [];
    return us === undefined ? nanoseconds(seconds ?? "0") : BigInt(us) * 1000n;
  }
  if (columns === olderHexNames) {
    const [, seconds = "0", ns = "0"] = line.split(" ");
    return BigInt(`0x${seconds}`) * 1_000_000_000n + BigInt(`0x${ns}`);
  }
  return nanoseconds(/(?:^|^\d )(\d+\.\d+) /.exec(line)?.[1] ?? "0");
}

const nanoseconds = (seconds: string): bigint => {
  const [whole = "0", fraction = ""] = seconds.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
};

/** Smaller numbers are times since boot. */
const firstWallClock = 10n ** 18n;

async function headerOf(
  path: string,
  origin: Origin & { readonly texts: readonly TextFile[] },
  found: Found,
  options: ImportOptions,
): Promise<TppHeader> {
  const { format } = found;
  const firstNs = timeOf(found.first, format);
  const spanNs = timeOf(found.last, format) - firstNs;
  const isTrace = format.text === "trace_pipe";
  const isWallClock = isTrace && firstNs >= firstWallClock;
  const notes: string[] = [];
  const began = isWallClock
    ? options.began
      ? BigInt(options.began.getTime()) * 1_000_000n
      : firstNs
    : beganAt(found, options, await stat(origin.texts.at(-1)!.path), spanNs, notes);
  const columns = columnsOf(found, origin, options, notes);
  if (found.leading.some(([, bytes]) => bytes > 0))
    notes.push(
      `left out, before the first record: ${found.leadingLines
        .slice(0, 3)
        .map((line) => JSON.stringify(line.slice(0, 80)))
        .join(", ")}`,
    );
  if (isTrace && !isWallClock) notes.push("times are those of the tracing clock, which need not be CLOCK_MONOTONIC");
  if (isTrace) notes.push(...aboutEvents(found, options));
  notes.push("the recorded port, the kernel and its settings are not known");
  const names = new Set([...found.events.keys(), ...(options.events ?? [])]);
  const line = (name: string) => found.events.get(name);
  return {
    ...emptyHeader({
      origin,
      text: format.text,
      hz: options.hz ?? null,
      format: format.name,
      notes: [`imported from ${path === "-" ? "standard input" : basename(path)}, text of ${format.name}`, ...notes],
      // Times of the module's records count from when its log was opened, those of tracepoints from boot or from 1970.
      clock: isWallClock
        ? { realtime_ns: String(firstNs), monotonic_ns: "0", zero_monotonic_ns: "0", of_records: "realtime" }
        : { realtime_ns: String(began), monotonic_ns: isTrace ? String(firstNs) : "0", zero_monotonic_ns: "0" },
    }),
    columns,
    ...(isTrace
      ? { events: Object.fromEntries([...names].map((name) => [name, line(name) ? printFormatOf(line(name)!) : ""])) }
      : {}),
  };
}

/** A header in which everything that is not known is empty. */
function emptyHeader({
  origin,
  text,
  hz,
  clock,
  format,
  notes,
}: {
  origin: Origin;
  hz: number | null;
  format: string;
} & Pick<TppHeader, "text" | "clock" | "notes">): TppHeader {
  return {
    format: 1,
    capture_id: randomUUID(),
    tool: { name: "analyze import", version },
    source: "import",
    text,
    columns: null,
    kernel: { release: "unknown", version: "", machine: "", hz },
    clock,
    filters: { port: null },
    module_sysctl: null,
    sysctl: {},
    interfaces: [],
    command_line: [],
    imported: { format, files: origin.files.map((file) => (file === "-" ? "standard input" : basename(file))) },
    notes: notes ?? [],
  };
}

/** Notes on events that the text does not have. It is not known whether they were recorded. */
function aboutEvents({ events }: Found, { events: told = [] }: ImportOptions): string[] {
  const silent = knownEvents.map(({ name }) => name).filter((name) => !events.has(name) && !told.includes(name));
  return silent.length === 0
    ? []
    : [
        `not in the text, so perhaps not recorded: ${silent.join(", ")} (--events names the recorded ones). What only these show is not known`,
      ];
}

function columnsOf(
  { format }: Found,
  { statistics }: Origin,
  { hz, srttUnit }: ImportOptions,
  notes: string[],
): readonly string[] | null {
  if (format.columns === kernelProbeNames) {
    if (srttUnit === undefined)
      notes.push("srtt is left out: the text does not name its unit (--srtt-unit us since Linux 3.15, jiffies before)");
    else if (srttUnit === "jiffies" && hz === undefined)
      notes.push("srtt is left out: the text has it in jiffies, and their length was not given (--hz)");
    return kernelProbeNamesWith(srttUnit ?? null);
  }
  if (format.columns === null) return null;
  const fields = /^Fields: (.+)$/m
    .exec(statistics ?? "")?.[1]
    ?.trim()
    .split(" ");
  if (format.columns === olderNames && fields) return fields;
  notes.push(
    "guess: the fields are those of the older tcp_probe_plus, with rto in jiffies, then BBR's state or a user agent",
    "pacing rates from 2^32 - 1 bytes/s on are NULL, because the older module truncated them",
  );
  if (hz === undefined)
    notes.push("rto is left out: the text has it in jiffies, and their length was not given (--hz)");
  return format.columns;
}

/** Wall clock of t = 0, ns: as given, as read_data.py wrote it, or from the time when the file was last written. */
function beganAt(found: Found, { began }: ImportOptions, file: Stats, spanNs: bigint, notes: string[]): bigint {
  if (began) return BigInt(began.getTime()) * 1_000_000n;
  const date = found.leadingLines.map((line) => /^# (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(line)).find(Boolean);
  if (date) {
    notes.push("guess: read_data.py's date is taken for UTC, but it is local time (--began corrects this)");
    return BigInt(Date.parse(`${date[1]}T${date[2]}Z`)) * 1_000_000n;
  }
  notes.push("guess: the records end when the file was last written (--began corrects this)");
  return BigInt(Math.round(file.mtimeMs)) * 1_000_000n - spanNs;
}
