import { randomUUID } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { type TppHeader, TppWriter } from "@tcpprobe-plus/tpp";
import { InputError, NotACaptureError, NotAFileError } from "../errors.ts";
import { version } from "../version.ts";
import { olderFields, printFormatOf, type TextFormat, textFormats } from "./formats.ts";

export interface ImportOptions {
  /** CONFIG_HZ of the machine, for times in jiffies. */
  readonly hz?: number | undefined;
  /** When its first record was made, where the text does not tell. */
  readonly began?: Date | undefined;
}

export interface Imported {
  readonly format: string;
  readonly lines: number;
  readonly notes: readonly string[];
}

/** The text to import: one file, or the numbered ones of a folder in order, and the module's statistics beside them. */
interface Origin {
  readonly files: readonly string[];
  readonly statistics: string | null;
}

/**
 * Writes a .tpp file with the text of `path`, a file or a folder of read_data.py, as it is: only the lines before the first
 * record are left out. What the text does not tell is null in the header, and what was guessed is in its notes. Throws an
 * InputError or NotACaptureError, and what the writer throws.
 */
export async function importText(
  path: string,
  output: string,
  options: ImportOptions,
  overwrite: boolean,
): Promise<Imported> {
  const origin = await originOf(path);
  const found = await examine(path, origin);
  const header = await headerOf(path, origin, found, options);
  const writer = await TppWriter.create(output, header, { overwrite });
  const leading = new Map(found.leading);
  for (const file of origin.files) {
    for await (const chunk of createReadStream(file, { start: leading.get(file) ?? 0, highWaterMark: 1 << 20 }))
      if (!writer.write(chunk as Buffer)) await writer.drained();
  }
  const { lines } = await writer.close({
    reason: "source ended",
    ...(origin.statistics === null ? {} : { statistics: { start: null, end: origin.statistics } }),
  });
  return { format: found.format.name, lines, notes: header.notes ?? [] };
}

async function originOf(path: string): Promise<Origin> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(path, error);
  });
  if (!found.isDirectory()) {
    if (!found.isFile()) throw new NotAFileError(path, found.isFIFO());
    return { files: [path], statistics: null };
  }
  const names = await readdir(path);
  // read_data.py begins tcp-stat.log.1, .2, … and moves the last one to tcp-stat.log when it ends.
  const place = (name: string): number => Number(/\.(\d+)$/.exec(name)?.[1] ?? Number.POSITIVE_INFINITY);
  const logs = names.filter((name) => /^tcp-stat\.log(\.\d+)?$/.test(name)).sort((a, b) => place(a) - place(b));
  if (logs.length === 0)
    throw new NotACaptureError(
      path,
      "has no tcp-stat.log in it, so it is no folder of read_data.py; give a file to import",
    );
  const statistics = names.find((name) => name.endsWith(".stat"));
  return {
    files: logs.map((name) => join(path, name)),
    statistics: statistics === undefined ? null : await readFile(join(path, statistics), "utf8"),
  };
}

interface Found {
  readonly format: TextFormat;
  /** Bytes before each file's first record, and what stood there. */
  readonly leading: readonly (readonly [file: string, bytes: number])[];
  readonly leadingLines: readonly string[];
  readonly first: string;
  readonly last: string;
  /** By event, for texts of tracepoints. */
  readonly events: Readonly<Record<string, string>>;
}

/** How many lines may stand before the first record, and are looked at for kinds of events. */
const examinedLines = 20_000;

async function examine(path: string, { files }: Origin): Promise<Found> {
  let format: TextFormat | undefined;
  let first = "";
  const leading: [string, number][] = [];
  const leadingLines: string[] = [];
  const events: Record<string, string> = {};
  for (const file of files) {
    let bytes = 0;
    let records = 0;
    let seen = 0;
    for await (const line of linesOf(file)) {
      if (++seen > examinedLines) break;
      format ??= textFormats.find(({ record }) => record.test(line));
      if (format?.record.test(line)) {
        records += 1;
        first ||= line;
        const event = format.text === "trace_pipe" ? printFormatOf(line) : null;
        if (event) events[event[0]] ??= event[1];
        else if (format.text === "probe") break;
      } else if (records === 0) {
        bytes += Buffer.byteLength(line) + 1;
        leadingLines.push(line);
      }
    }
    leading.push([file, bytes]);
  }
  if (!format)
    throw new NotACaptureError(
      path,
      `holds no records of ${textFormats.map(({ name }) => name).join(", ")} in its first ${examinedLines} lines`,
    );
  return { format, leading, leadingLines, first, last: await lastRecord(files.at(-1)!, format), events };
}

const linesOf = (file: string) =>
  createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });

async function lastRecord(file: string, { record }: TextFormat): Promise<string> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, 64 * 1024));
    await handle.read(tail, 0, tail.length, size - tail.length);
    return (
      tail
        .toString("latin1")
        .split("\n")
        .findLast((line) => record.test(line)) ?? ""
    );
  } finally {
    await handle.close();
  }
}

const nanoseconds = (seconds: string): bigint => {
  const [whole = "0", fraction = ""] = seconds.split(".");
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
};

async function headerOf(path: string, origin: Origin, found: Found, options: ImportOptions): Promise<TppHeader> {
  const { format } = found;
  const timeOf = (line: string): bigint => nanoseconds(format.time.exec(line)?.[1] ?? "0");
  const firstNs = timeOf(found.first);
  const spanNs = timeOf(found.last) - firstNs;
  const notes: string[] = [];
  const isProbe = format.text === "probe";
  const began = beganAt(found, options, await stat(origin.files.at(-1)!), spanNs, notes);
  // The module's records count from when it was opened; those of tracepoints from when the machine was started.
  const monotonicNs = isProbe ? 0n : firstNs;
  const fields = /^Fields: (.+)$/m
    .exec(origin.statistics ?? "")?.[1]
    ?.trim()
    .split(" ");
  const columns = isProbe ? (fields ?? olderFields) : null;
  if (isProbe && !fields) {
    notes.push("guess: the fields are those of the older tcp_probe_plus, with rto in jiffies and what BBR appends");
    notes.push("pacing rates are NULL from 2^32 - 1 bytes/s on, where the older module cut them off");
    if (options.hz === undefined)
      notes.push("rto is left out: the text has jiffies, and their length was not given (--hz)");
  }
  if (found.leadingLines.length > 0)
    notes.push(
      `left out, before the first record: ${found.leadingLines
        .slice(0, 3)
        .map((line) => JSON.stringify(line.slice(0, 80)))
        .join(", ")}`,
    );
  if (!isProbe) notes.push("times are those of the tracing clock, which need not be CLOCK_MONOTONIC");
  notes.push("which port was recorded, the kernel and its settings are not known");
  return {
    format: 1,
    capture_id: randomUUID(),
    tool: { name: "analyze import", version },
    source: "import",
    text: format.text,
    columns,
    ...(isProbe ? {} : { events: found.events }),
    kernel: { release: "unknown", version: "", machine: "", hz: options.hz ?? null },
    clock: { realtime_ns: String(began), monotonic_ns: String(monotonicNs), zero_monotonic_ns: "0" },
    filters: { port: null },
    module_sysctl: null,
    sysctl: {},
    interfaces: [],
    command_line: [],
    imported: { format: format.name, files: origin.files.map((file) => basename(file)) },
    notes: [`imported from ${basename(path)}, text of ${format.name}`, ...notes],
  };
}

/** Wall clock of the first moment, ns: as told, as read_data.py wrote it, or from when the file was last written. */
function beganAt(found: Found, { began }: ImportOptions, file: Stats, spanNs: bigint, notes: string[]): bigint {
  if (began) return BigInt(began.getTime()) * 1_000_000n;
  const date = found.leadingLines.map((line) => /^# (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(line)).find(Boolean);
  if (date) {
    notes.push("guess: read_data.py's date is taken for UTC; it wrote the local time (--began says otherwise)");
    return BigInt(Date.parse(`${date[1]}T${date[2]}Z`)) * 1_000_000n;
  }
  notes.push("guess: the records end when the file was last written (--began says otherwise)");
  return BigInt(Math.round(file.mtimeMs)) * 1_000_000n - spanNs;
}
