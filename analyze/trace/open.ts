/** Makes the tables and views that every query builds on. */
import { basename, dirname, join } from "node:path";
import { type TppHeader, traceColumns, type WalkOptions } from "@tcpprobe-plus/tpp";
import type { Cache } from "../cache/cache.ts";
import { Derived } from "../cache/derived.ts";
import { capabilitiesOf, capabilityNames } from "../captures/capabilities.ts";
import { type Capture, socketsAtEndOf } from "../captures/capture.ts";
import { mayGrow } from "../captures/growing.ts";
import type { Input } from "../captures/inputs.ts";
import { missingFiles } from "../captures/set.ts";
import { registerCapture, registerLosses } from "../captures/tables.ts";
import type { Database } from "../database/database.ts";
import { wholeNumeral } from "../database/literals.ts";
import { NotACaptureError, TemporaryDirectoryError } from "../errors.ts";
import { entryKey, words } from "../parquet/converted.ts";
import { openParquet, type ParquetRows, rowsIn } from "../parquet/read.ts";
import { keptFormat, passingFormat, type WriteOptions, type WrittenPass, writePass } from "../parquet/write.ts";
import { FollowedCapture, liveFileSql, mostFlows } from "./followed.ts";
import { StreamedCapture } from "./stream.ts";
import { typesSql } from "./types.ts";

/** The usual length of windows, seconds, in SQL. */
export const usualWindow = "0.1::DOUBLE";

export interface Opening {
  /** The directory for temporary files, removed when the trace is closed. */
  readonly directory: string;
  /** Names of the tables and views that exist. */
  readonly loaded: Set<string>;
  readonly cache: Cache | null;
  /** The output file to which the records of a single capture are written while they are read, or null. */
  readonly into: string | null;
  /** Whether each query reads the records from the capture itself; see `streams`. */
  readonly streams: boolean;
  /**
   * Whether captures that are still being written are followed, and how their files are read. Null: as they are now.
   */
  readonly follow: WalkOptions | null;
}

/** One input of `trace`: the file with its rows. Its flows are numbered from 1. */
interface Part extends ParquetRows {
  /** The Parquet file that holds all of it. */
  readonly file: string;
  readonly headers: readonly { readonly number: number; readonly header: TppHeader }[];
  /** Whether connections may be added. */
  readonly grows?: boolean;
}

export interface Opened {
  readonly captures: Capture[];
  /** The tables that the cache keeps for this trace; null for none. */
  readonly derived: Derived | null;
  /** The output file that now holds the records, or null. */
  readonly written: string | null;
  /** The capture that each query reads again, or null. */
  readonly streamed: StreamedCapture | null;
  /** Captures that are still being written. `Trace.grow` reads what is added to them. */
  readonly followed: readonly FollowedCapture[];
}

/**
 * Whether a capture's records can be passed straight to the one query that uses them. This needs a capture that is not
 * cached. It must also count packets: for other sources, the size of segments has to be known first, which takes a
 * reading of its own.
 */
export async function streams(inputs: readonly Input[], cache: Cache | null): Promise<boolean> {
  const [input] = inputs;
  if (inputs.length !== 1 || input?.kind !== "tpp") return false;
  return capabilitiesOf(input.files[0]!.header).counts_packets && !(await cache?.entryOf(input.files));
}

/** Makes the view `trace` over all given files, and the tables `captures`, `losses` and `not_followed`. */
export async function openCaptures(database: Database, inputs: readonly Input[], opening: Opening): Promise<Opened> {
  const { loaded } = opening;
  await database.run(typesSql());
  await database.load("_dialect", loaded);
  await database.run(`
    CREATE TABLE _captures (capture USMALLINT, path VARCHAR, source VARCHAR, realtime_ns BIGINT, ${capabilityNames.map((name) => `${name} BOOLEAN`).join(", ")});
    CREATE TABLE _losses (capture USMALLINT, after_ord BIGINT, lost BIGINT, cause VARCHAR, from_s DOUBLE, to_s DOUBLE, known_by VARCHAR);
    CREATE TABLE _not_followed (capture USMALLINT, segments BIGINT, cause VARCHAR, from_s DOUBLE, to_s DOUBLE, known_by VARCHAR);
    CREATE TABLE _sockets (capture USMALLINT, saddr VARCHAR, sport USMALLINT, daddr VARCHAR, dport USMALLINT, at_end BOOLEAN, cong VARCHAR, retransmits BIGINT);
    CREATE VIEW settings AS SELECT getvariable('window_s') AS window_s;
  `);
  await database.setVariable("window_s", usualWindow);
  for (const name of ["_captures", "_losses", "_not_followed", "_sockets", "settings"]) loaded.add(name);
  for (const name of ["captures", "losses", "not_followed"]) await database.load(name, loaded);
  const captures: Capture[] = [];
  const parts: Part[] = [];
  const into = inputs.length === 1 ? opening.into : null;
  let written: string | null = null;
  let streamed: StreamedCapture | null = null;
  const followed: FollowedCapture[] = [];
  if (opening.follow && inputs.some((input) => input.kind === "tpp" && mayGrow(input.files)))
    await database.run(liveFileSql(join(opening.directory, "live.duckdb")));
  for (const input of inputs) {
    const number = captures.length + 1;
    if (input.kind === "parquet") {
      const file = { file: await database.linkInput(input.path), shown: input.path };
      const checked = (await opening.cache?.checkedEntryOf(input.path)) ?? null;
      const isChecked = checked !== null && (await opening.cache!.has(checked));
      const converted = await openParquet(database, file, number, isChecked ? "checked" : "foreign");
      if (checked !== null && !isChecked && opening.cache!.adds) await opening.cache!.add(checked, async () => {});
      captures.push(...converted.captures);
      const headers = converted.captures.map(({ header }, index) => ({ number: number + index, header }));
      parts.push({ ...converted.rows, file: input.path, headers });
      continue;
    }
    if (opening.streams) {
      const { header } = input.files[0]!;
      const socketsAtEnd = socketsAtEndOf(input.files);
      await registerCapture(database, { capture: number, path: input.path, header, socketsAtEnd });
      streamed = await StreamedCapture.open(database, { ...input, number });
      parts.push({ select: streamed.select, flows: 0, file: input.path, headers: [{ number, header }] });
      continue;
    }
    if (opening.follow && mayGrow(input.files)) {
      const { header } = input.files[0]!;
      const one = await FollowedCapture.open(database, { ...input, number }, opening.follow);
      followed.push(one);
      captures.push((await one.grow()).capture);
      parts.push({ select: one.select, flows: 0, file: input.path, headers: [{ number, header }], grows: true });
      continue;
    }
    const kept = await openKept(database, input, number, opening);
    if (kept?.capture) {
      captures.push(kept.capture);
      parts.push({ ...kept.rows, file: kept.entry, headers: [{ number, header: kept.capture.header }] });
      continue;
    }
    const read = await readCapture(input, number, { ...opening, into, entry: kept?.entry ?? null });
    if (read.file === into) written = into;
    const { capture, losses } = read.written;
    const { header, socketsAtEnd } = capture;
    await registerCapture(database, { capture: number, path: input.path, header, socketsAtEnd });
    await registerLosses(database, losses);
    captures.push(capture);
    const rows = await rowsIn(database, { file: read.file, shown: input.path }, number, null);
    parts.push({ ...rows, file: read.file, headers: [{ number, header: capture.header }] });
  }
  const unique = withUniqueFlows(parts);
  const union = (selects: readonly string[]) => selects.join(" UNION ALL ");
  await database.run(`CREATE VIEW _trace AS ${union(unique.map(({ select }) => select))}`);
  const columns = traceColumns.map(({ name, type }) => (words.has(type) ? `${name}::${type} AS ${name}` : name));
  await database.run(`CREATE VIEW trace AS SELECT ${columns.join(", ")} FROM _trace`);
  // Each view reads only the files that have captures of its kind.
  for (const [view, counts] of [
    ["_packet_records", true],
    ["_byte_records", false],
  ] as const) {
    const wanted = unique.flatMap(({ select, headers }) => {
      const own = headers.filter(({ header }) => capabilitiesOf(header).counts_packets === counts);
      if (own.length === 0) return [];
      if (own.length === headers.length) return [select];
      return [
        `SELECT * FROM (${select}) WHERE capture IN (${own.map(({ number }) => wholeNumeral(number)).join(", ")})`,
      ];
    });
    const none = `SELECT * FROM (${unique[0]!.select}) WHERE false`;
    await database.run(`CREATE VIEW ${view} AS ${wanted.length > 0 ? union(wanted) : none}`);
    loaded.add(view);
  }
  loaded.add("_trace").add("trace");
  if (streamed !== null) {
    const { capture, losses } = await readOnce(database, streamed, loaded);
    captures.push(capture);
    await registerLosses(database, losses);
    await expectNone(database);
    return { captures, derived: null, written, streamed, followed };
  }
  if (followed.length > 0) return { captures, derived: null, written, streamed, followed };
  await expectNone(database);
  const file = parts.length === 1 && parts[0]!.file !== into ? parts[0]!.file : null;
  return { captures, derived: await Derived.of(database, file, opening.cache), written, streamed, followed };
}

/** Without losses, nothing spans a loss. Without sockets that the kernel listed, there are no counts of them. */
async function expectNone(database: Database): Promise<void> {
  for (const [table, view] of [
    ["_losses", "_lossy_rtt_samples"],
    ["_losses", "_lossy_rounds"],
    ["_sockets", "_socket_counts"],
  ] as const)
    if (await database.value<boolean>(`SELECT NOT EXISTS (FROM ${table})`)) database.expectNone(view);
}

/** Reads a streamed capture once, by summing up its connections. The places of losses are known only afterwards. */
async function readOnce(database: Database, streamed: StreamedCapture, loaded: Set<string>): Promise<WrittenPass> {
  try {
    return await streamed.readBy(() => database.load("_connections", loaded));
  } catch (error) {
    await streamed.close();
    throw error;
  }
}

/**
 * Opens a capture from the cache. The result lacks `capture` if it still has to be added, and is null if it is not
 * kept.
 */
async function openKept(
  database: Database,
  input: Input & { kind: "tpp" },
  number: number,
  { cache }: Opening,
): Promise<{ entry: string; capture: Capture; rows: ParquetRows } | { entry: string; capture?: undefined } | null> {
  const entry = (await cache?.entryOf(input.files)) ?? null;
  if (!cache || entry === null) return null;
  const toAdd = cache.adds ? { entry } : null;
  if (!(await cache.has(entry))) return toAdd;
  try {
    const { captures, rows } = await openParquet(database, { file: entry, shown: input.path }, number, {
      entry: basename(entry),
    });
    return { entry, rows, capture: { ...captures[0]!, files: input.files, incomplete: missingFiles(input.files) } };
  } catch (error) {
    await cache.drop(entry, error);
    return toAdd;
  }
}

/** Converts a capture to Parquet: in the cache, in the output file, or in a file that is removed with the trace. */
async function readCapture(
  input: Input & { kind: "tpp" },
  number: number,
  { entry, into, cache, directory }: Opening & { readonly entry: string | null },
): Promise<{ written: WrittenPass; file: string }> {
  const write = (path: string, options: Omit<WriteOptions, "directory">) =>
    writePass({ ...input, number }, path, { ...options, directory });
  let written: WrittenPass | undefined;
  if (cache && entry !== null) {
    const more = { [entryKey]: basename(entry) };
    const kept = await cache.add(entry, async (path) => {
      written = await write(path, { format: keptFormat, every: false, more });
    });
    if (kept && written) return { written, file: entry };
  }
  if (into !== null) return { written: await write(into, { format: keptFormat, every: true }), file: into };
  const file = join(directory, `${number}.parquet`);
  written = await write(file, { format: passingFormat, every: false }).catch((error: Error) => {
    throw /^IO Error/.test(error.message) ? new TemporaryDirectoryError(dirname(directory), error) : error;
  });
  return { written, file };
}

/**
 * Flow ids start at 1 in each part. Here each part's ids continue after those of the parts before it. Parts that grow
 * come last, each with numbers to spare.
 */
function withUniqueFlows(parts: readonly Part[]): Part[] {
  let before = 0;
  const inOrder = [...parts].sort((a, b) => Number(a.grows ?? false) - Number(b.grows ?? false));
  return inOrder.map((part) => {
    const select =
      before === 0
        ? part.select
        : `SELECT * REPLACE ((flow + ${wholeNumeral(before)})::UINTEGER AS flow) FROM (${part.select})`;
    before += part.grows ? mostFlows : part.flows;
    if (before > 2 ** 32 - 1)
      throw new NotACaptureError(part.file, "its flow numbers are too large to open it together with the others");
    return { ...part, select };
  });
}
