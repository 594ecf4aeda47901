import type { TppHeader } from "@tcpprobe-plus/tpp";
import type { Database } from "../database.ts";
import { NotACaptureError } from "../errors.ts";
import { readParquet } from "../files.ts";
import { identifier, literal, wholeNumeral } from "../literals.ts";
import { carriedTypes, passColumns } from "../records/table.ts";
import { isKernelProbe } from "../records/texts/kernel-probe.ts";
import { capabilitiesOf, capabilityNames } from "./capabilities.ts";
import { type Capture, causesOfNotFollowing, type Loss } from "./capture.ts";
import { checkColumns, checkRows, type ParquetFile, plainType, readConverted } from "./converted.ts";

/** Rows of `trace` in a Parquet file. */
export interface ParquetRows {
  /** SQL of them, with the columns of `_trace`. */
  readonly select: string;
  /** The largest number of a flow. */
  readonly flows: number;
}

/**
 * Opens what `analyze convert` wrote, as captures counted from `first`: reads its metadata and columns, fills `captures`, `losses`
 * and `not_followed`. `entry`: the name of an entry of the cache, whose rows nobody else has written; null for a file of the
 * user's. Throws a NotACaptureError.
 */
export async function openParquet(
  database: Database,
  file: ParquetFile,
  first: number,
  entry: string | null,
): Promise<{ captures: Capture[]; rows: ParquetRows }> {
  const converted = await readConverted(database, file);
  if (entry !== null && converted.entry !== entry) throw new Error(`the entry ${entry} is of something else`);
  const rows = await rowsIn(database, file, first, entry === null ? converted.captures.length : null);
  for (const [index, { header }] of converted.captures.entries())
    await registerCapture(database, { capture: first + index, path: file.shown, header });
  await registerLosses(
    database,
    converted.losses.map((loss) => ({ ...loss, capture: loss.capture + first - 1 })),
  );
  const captures = converted.captures.map(({ header, records }) => ({
    path: file.shown,
    header,
    files: [],
    records,
    rejected: converted.rejected,
    damage: [],
    incomplete: [],
  }));
  return { captures, rows };
}

/** The rows of a converted capture, with captures counted from `first`. `captures`: how many its rows may be of; null: rows that need no check. */
export async function rowsIn(
  database: Database,
  file: ParquetFile,
  first: number,
  captures: number | null,
): Promise<ParquetRows> {
  const had = new Set([
    ...(await checkColumns(database, file)),
    ...(await carriedIn(database, file, captures !== null)),
  ]);
  if (captures !== null) await checkRows(database, file, selectOf(file, had, 1), captures);
  const select = selectOf(file, had, first);
  const flows = await database.value<number>(`SELECT coalesce(max(flow), 0)::DOUBLE FROM (${select})`);
  return { select, flows };
}

/** The columns of `_trace`; what the cache keeps lacks those that its source does not supply. */
function selectOf({ file }: ParquetFile, had: ReadonlySet<string>, first: number): string {
  const columns = passColumns.map(({ name, type }) => {
    const value =
      name === "capture" ? `(capture + ${wholeNumeral(first - 1)})` : had.has(name) ? identifier(name) : "NULL";
    return `${value}::${plainType(type)} AS ${identifier(name)}`;
  });
  return `SELECT ${columns.join(", ")} FROM ${readParquet(file)}`;
}

/** The columns that the pass carries along and that a file has. `every`: one of the user's has all. */
async function carriedIn(database: Database, { file, shown }: ParquetFile, every: boolean): Promise<string[]> {
  const found = new Map(
    (await database.describe(`SELECT * FROM ${readParquet(file)}`)).map(({ name, type }) => [name, type]),
  );
  const names = Object.keys(carriedTypes).filter((name) => {
    const type = found.get(name);
    if (type === '"NULL"') return true;
    return type === plainType(carriedTypes[name]!);
  });
  const missing = every ? Object.keys(carriedTypes).find((name) => !names.includes(name)) : undefined;
  if (missing !== undefined)
    throw new NotACaptureError(
      shown,
      `is Parquet of another version of analyze, without its column ${missing}; convert the capture again`,
    );
  return names;
}

export async function registerCapture(
  database: Database,
  { capture, path, header }: { capture: number; path: string; header: TppHeader },
): Promise<void> {
  const isProbe = header.text === "probe";
  // Wall clock at t = 0: the module's records count from when its log was opened, others from when the clocks were read.
  const { realtime_ns, monotonic_ns, zero_monotonic_ns } = header.clock;
  const zero = isProbe ? BigInt(realtime_ns) - BigInt(monotonic_ns) + BigInt(zero_monotonic_ns) : BigInt(realtime_ns);
  if (BigInt.asIntN(64, zero) !== zero)
    throw new NotACaptureError(path, "its header has a clock that no host can have");
  const capabilities = capabilitiesOf(header);
  const flags = capabilityNames.map((name) => (capabilities[name] ? "true" : "false"));
  await database.run(`INSERT INTO _captures VALUES ($1, $2, $3, $4::BIGINT, ${flags.join(", ")})`, [
    capture,
    path,
    kindOf(header),
    String(zero),
  ]);
}

/** The source whose text it is: what was imported is read like that. */
const kindOf = ({ source, text, columns }: TppHeader): string =>
  source !== "import" ? source : text === "trace_pipe" || isKernelProbe(columns) ? "tracefs" : "kmod";

/** Fills `losses` and `not_followed`. */
export async function registerLosses(database: Database, losses: readonly Loss[]): Promise<void> {
  const isOfConnections = ({ cause }: Loss) => causesOfNotFollowing.includes(cause);
  const insert = async (table: string, columns: string, rows: readonly Loss[]) => {
    if (rows.length === 0) return;
    await database.run(
      `INSERT INTO ${table} SELECT ${columns} FROM (SELECT unnest(from_json($1::VARCHAR, ${literal(lossShape)}), recursive := true))`,
      [JSON.stringify(rows)],
    );
  };
  const [connections, others] = [losses.filter(isOfConnections), losses.filter((loss) => !isOfConnections(loss))];
  await insert("_not_followed", "capture, lost, cause, from_s, to_s, known_by", connections);
  await insert("_losses", "capture, after_ord, lost, cause, from_s, to_s, known_by", others);
}

const lossShape = JSON.stringify([
  {
    capture: "USMALLINT",
    after_ord: "BIGINT",
    lost: "BIGINT",
    cause: "VARCHAR",
    from_s: "DOUBLE",
    to_s: "DOUBLE",
    known_by: "VARCHAR",
  },
]);

/** What fills both tables again. */
export const lossesSql = "SELECT * FROM losses UNION ALL BY NAME SELECT * RENAME (segments AS lost) FROM not_followed";
