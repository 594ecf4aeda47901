/** Parquet of a capture, read again. */
import { traceColumns } from "@tcpprobe-plus/tpp";
import type { Capture } from "../captures/capture.ts";
import { registerCapture, registerLosses } from "../captures/tables.ts";
import type { Database } from "../database/database.ts";
import { readParquet } from "../database/files.ts";
import { identifier, wholeNumeral } from "../database/literals.ts";
import { followTypes } from "../records/follow.ts";
import { checkColumns, checkRows, type ParquetFile, plainType, readConverted } from "./converted.ts";
import { followedSql } from "./follow-sql.ts";

/** Rows of `trace` in a Parquet file. */
export interface ParquetRows {
  /** SQL of them, with the columns of `_trace`. */
  readonly select: string;
  /** SQL of them with what each record follows behind: of all, where `isFollowed`; else of those that follow one. */
  readonly followed: string;
  /** Whether the file has what each record follows. */
  readonly isFollowed: boolean;
  /** The largest number of a flow. */
  readonly flows: number;
}

/**
 * Opens what `analyze convert` wrote, as captures counted from `first`: reads its metadata and columns, fills
 * `captures`, `losses` and `not_followed`. `entry`: the name of an entry of the cache, whose rows nobody else has
 * written; null for a file of the user's. Throws a NotACaptureError.
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

/**
 * The rows of a converted capture, with captures counted from `first`. `captures`: how many its rows may be of; null:
 * rows that need no check.
 */
export async function rowsIn(
  database: Database,
  file: ParquetFile,
  first: number,
  captures: number | null,
): Promise<ParquetRows> {
  const had = await checkColumns(database, file);
  if (captures !== null) await checkRows(database, file, selectOf(file, had, 1), captures);
  const select = selectOf(file, had, first);
  const follows = await followColumnsIn(database, file);
  const followed = follows ? selectOf(file, had, first, follows) : followedSql(select);
  const flows = await database.value<number>(`SELECT coalesce(max(flow), 0)::DOUBLE FROM (${select})`);
  return { select, followed, isFollowed: follows !== null, flows };
}

/** The columns of `_trace`; what the cache keeps lacks those that its source does not supply. */
function selectOf(
  { file }: ParquetFile,
  had: ReadonlySet<string>,
  first: number,
  follows: ReadonlySet<string> | null = null,
): string {
  const further = follows ? Object.entries(followTypes).map(([name, type]) => ({ name, type })) : [];
  const columns = [...traceColumns, ...further].map(({ name, type }) => {
    const value =
      name === "capture"
        ? `(capture + ${wholeNumeral(first - 1)})`
        : had.has(name) || follows?.has(name)
          ? identifier(name)
          : "NULL";
    return `${value}::${plainType(type)} AS ${identifier(name)}`;
  });
  return `SELECT ${columns.join(", ")} FROM ${readParquet(file)}`;
}

/** The columns of records/follow.ts that a file has; null for one that was written without. */
async function followColumnsIn(database: Database, { file }: ParquetFile): Promise<ReadonlySet<string> | null> {
  const found = await database.describe(`SELECT * FROM ${readParquet(file)}`);
  const own = found.filter(({ name, type }) => name in followTypes && type === plainType(followTypes[name]!));
  return own.some(({ name }) => name === "step_ns") ? new Set(own.map(({ name }) => name)) : null;
}
