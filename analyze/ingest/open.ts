import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { traceColumns } from "@tcpprobe-plus/tpp";
import type { Database } from "../database.ts";
import { NotACaptureError } from "../errors.ts";
import { identifier, wholeNumeral } from "../literals.ts";
import { copyTrace } from "../output/parquet.ts";
import type { Cache } from "./cache.ts";
import type { Capture, Loss } from "./capture.ts";
import { entryKey, rejectedKey } from "./converted.ts";
import { Derived } from "./derived.ts";
import type { Input } from "./inputs.ts";
import { openParquet, type ParquetRows, registerCapture, registerLosses, rowsIn } from "./parquet.ts";
import { missingFiles, stageCapture } from "./stage-capture.ts";
import { recordsSql, type StagedPiece, stagedColumns } from "./staged.ts";
import { typesSql } from "./types.ts";

export interface Opening {
  /** Temporary files; gone with the trace. */
  readonly directory: string;
  /** Names of the views that are there. */
  readonly loaded: Set<string>;
  readonly cache: Cache | null;
}

/** One capture in `trace`: where its rows are, with flows counted from 1. */
interface Part {
  readonly select: string;
  readonly flows: number;
  /** The Parquet file that holds all of it; null where its rows are those staged now. */
  readonly file: string | null;
}

/** A capture that was parsed now. */
interface Parsed {
  readonly number: number;
  readonly capture: Capture;
  readonly pieces: readonly StagedPiece[];
  readonly losses: readonly Loss[];
  /** Where to keep it; null: nowhere. */
  readonly entry: string | null;
}

export interface Opened {
  readonly captures: Capture[];
  /** What is kept of this trace; null: nothing. */
  readonly derived: Derived | null;
}

/** Makes the view `trace` over all given files, and the tables `captures`, `losses` and `not_followed`. */
export async function openCaptures(database: Database, inputs: readonly Input[], opening: Opening): Promise<Opened> {
  const { directory, loaded } = opening;
  await database.run(typesSql());
  await database.load("_dialect", loaded);
  await database.run(`
    CREATE TABLE captures (capture USMALLINT, path VARCHAR, source VARCHAR, realtime_ns BIGINT, relative_sequence BOOLEAN, sees_ca_state BOOLEAN);
    CREATE TABLE losses (capture USMALLINT, after_ord BIGINT, lost BIGINT, cause VARCHAR, from_s DOUBLE, to_s DOUBLE, known_by VARCHAR);
    CREATE TABLE not_followed (capture USMALLINT, segments BIGINT, cause VARCHAR, from_s DOUBLE, to_s DOUBLE, known_by VARCHAR);
    CREATE VIEW settings AS SELECT getvariable('window_s') AS window_s;
  `);
  await database.setVariable("window_s", "0.1::DOUBLE");
  for (const name of ["captures", "losses", "not_followed", "records", "settings"]) loaded.add(name);
  const captures: Capture[] = [];
  const parts: (Part | undefined)[] = [];
  const parsed: Parsed[] = [];
  for (const input of inputs) {
    const number = captures.length + 1;
    const kept = input.kind === "tpp" ? await openKept(database, input, number, opening) : null;
    if (input.kind === "parquet") {
      const file = { file: await database.linkInput(input.path), shown: input.path };
      const converted = await openParquet(database, file, number, null);
      captures.push(...converted.captures);
      parts[number] = { ...converted.rows, file: input.path };
    } else if (kept?.capture) {
      captures.push(kept.capture);
      parts[number] = { ...kept.rows, file: kept.entry };
    } else {
      const staged = await stageCapture(database, input, number, directory);
      await registerCapture(database, { capture: number, path: input.path, header: staged.capture.header });
      await registerLosses(database, staged.losses);
      captures.push(staged.capture);
      parsed.push({ number, ...staged, entry: kept?.entry ?? null });
    }
  }
  if (parsed.length > 0) {
    await database.run(`CREATE VIEW records AS ${recordsSql(parsed.flatMap(({ pieces }) => pieces))}`);
    await database.setVariable("realtimes_ns", "(SELECT list(realtime_ns ORDER BY capture) FROM captures)");
    await database.load("_trace", loaded);
    // All flows are numbered already.
    if (parsed.length === captures.length && parsed.every(({ entry }) => entry === null)) {
      await makeTrace(database, loaded);
      return { captures, derived: await Derived.of(database, null, opening) };
    }
    await database.run("ALTER VIEW _trace RENAME TO _staged_trace");
    for (const one of parsed) parts[one.number] = await partOf(database, one, opening);
    // The staged records are read as one, so they go together.
    if (parsed.every(({ number }) => parts[number]?.file))
      for (const { pieces } of parsed) for (const { path } of pieces) await rm(path);
  }
  const all = parts.filter((part) => part !== undefined);
  await database.run(`CREATE VIEW _trace AS ${withUniqueFlows(all, captures)}`);
  loaded.add("_trace");
  await makeTrace(database, loaded);
  const file = all.length === 1 ? all[0]!.file : null;
  return { captures, derived: await Derived.of(database, file, opening) };
}

async function makeTrace(database: Database, loaded: Set<string>): Promise<void> {
  await database.run(
    "CREATE VIEW trace AS SELECT * REPLACE (type::record_type AS type, ca_state::ca_state AS ca_state) FROM _trace",
  );
  loaded.add("trace");
}

/** A capture that an earlier command has parsed; `capture` is absent where none has yet. Null: not to be kept. */
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
    const { captures, rows } = await openParquet(database, { file: entry, shown: input.path }, number, basename(entry));
    return { entry, rows, capture: { ...captures[0]!, files: input.files, incomplete: missingFiles(input.files) } };
  } catch (error) {
    await cache.drop(entry, error);
    return toAdd;
  }
}

/** The rows of a capture parsed now: from its new entry in the cache where it could be kept, else from the staged records. */
async function partOf(
  database: Database,
  { number, capture, pieces, losses, entry }: Parsed,
  { cache }: Opening,
): Promise<Part> {
  const [row] = await database.rows<{ first: number; flows: number }>(
    `SELECT coalesce(min(flow), 1)::INTEGER AS first, count(DISTINCT flow)::INTEGER AS flows
     FROM _connections JOIN _tuples USING (tuple) WHERE capture = ${wholeNumeral(number)}`,
  );
  const { first, flows } = row!;
  const select = `SELECT * REPLACE ((flow - ${first - 1})::UINTEGER AS flow) FROM _staged_trace WHERE capture = ${number}`;
  const staged = { select, flows, file: null };
  if (!cache || entry === null) return staged;
  const metadata = {
    captures: [{ path: capture.path, header: capture.header, records: capture.records }],
    losses: losses.map((loss) => ({ ...loss, capture: 1 })),
    more: { [rejectedKey]: JSON.stringify(capture.rejected), [entryKey]: basename(entry) },
  };
  const supplied = traceColumns.filter(({ name }) => !isLacking(name, pieces)).map(({ name }) => identifier(name));
  const asFirst = `SELECT ${supplied.join(", ")} FROM (SELECT * REPLACE (1::USMALLINT AS capture) FROM (${select}))`;
  const kept = await cache.add(entry, (path) => copyTrace(database, asFirst, metadata, path));
  if (!kept) return staged;
  return { ...(await rowsIn(database, { file: entry, shown: capture.path }, number, null)), file: entry };
}

/** Whether a column of `trace` is one that is staged and that none of the pieces has, so that it is NULL in every record. */
const isLacking = (name: string, pieces: readonly StagedPiece[]): boolean =>
  name in stagedColumns && !pieces.some(({ columns }) => columns.includes(name));

/** Flow ids start at 1 in each part; here each starts behind those of the parts before it. */
function withUniqueFlows(parts: readonly Part[], captures: readonly Capture[]): string {
  let before = 0;
  const selects = parts.map(({ select, flows, file }) => {
    const numbered = `SELECT * REPLACE ((flow + ${wholeNumeral(before)})::UINTEGER AS flow) FROM (${select})`;
    const unique = before === 0 ? select : numbered;
    before += flows;
    if (before > 2 ** 32 - 1)
      throw new NotACaptureError(
        file ?? captures[0]!.path,
        "its flows' numbers are too large to open it beside the others",
      );
    return unique;
  });
  return selects.join(" UNION ALL ");
}
