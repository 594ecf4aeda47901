/** Opens a capture that was written as Parquet. */
import type { Capture } from "../captures/capture.ts";
import { registerCapture, registerLosses } from "../captures/tables.ts";
import type { Database } from "../database/database.ts";
import { readParquet } from "../database/files.ts";
import { identifier, wholeNumeral } from "../database/literals.ts";
import { NotACaptureError } from "../errors.ts";
import { carriedSpecs } from "../records/read-frames.ts";
import { carriedTypes, passColumns } from "../records/table.ts";
import {
  type ConvertedCapture,
  checkColumns,
  checkRows,
  type ParquetFile,
  plainType,
  readConverted,
} from "./converted.ts";

/** Rows of `trace` in a Parquet file. */
export interface ParquetRows {
  /** A SELECT of the rows, with the columns of `_trace`. */
  readonly select: string;
  /** The largest value of `flow`. */
  readonly flows: number;
}

/**
 * Opens a file that `analyze convert` wrote. Its captures are numbered from `first`. Reads the metadata and columns,
 * and fills `captures`, `losses` and `not_followed`. Throws a NotACaptureError.
 *
 * `origin`: the name of a cache entry, whose rows and columns can be trusted; `checked` for a user's file whose rows
 * were checked before; `foreign` for any other, whose rows are checked now.
 */
export async function openParquet(
  database: Database,
  file: ParquetFile,
  first: number,
  origin: { readonly entry: string } | "checked" | "foreign",
): Promise<{ captures: Capture[]; rows: ParquetRows }> {
  const converted = await readConverted(database, file);
  if (typeof origin === "object" && converted.entry !== origin.entry)
    throw new Error(`the entry ${origin.entry} belongs to another capture`);
  const own = typeof origin === "object" ? null : converted.captures;
  const rows = await rowsIn(database, file, first, own, origin === "foreign");
  const isOne = converted.captures.length === 1;
  for (const [index, { header, path, socketsAtEnd = null }] of converted.captures.entries()) {
    const capture = first + index;
    await registerCapture(database, { capture, path: isOne ? file.shown : path, header, socketsAtEnd });
  }
  await registerLosses(
    database,
    converted.losses.map((loss) => ({ ...loss, capture: loss.capture + first - 1 })),
  );
  const captures = converted.captures.map(({ path, header, records, socketsAtEnd = null }) => ({
    path: file.shown,
    ...(isOne ? {} : { origin: path }),
    header,
    files: [],
    records,
    rejected: converted.rejected,
    damage: [],
    incomplete: [],
    socketsAtEnd,
  }));
  return { captures, rows };
}

/**
 * The rows of a converted capture, with captures numbered from `first`. `captures`: the captures that rows may belong
 * to; null for columns that need no check. `isForeign`: whether each row is checked.
 */
export async function rowsIn(
  database: Database,
  file: ParquetFile,
  first: number,
  captures: readonly ConvertedCapture[] | null,
  isForeign = captures !== null,
): Promise<ParquetRows> {
  const had = new Set([...(await checkColumns(database, file)), ...(await carriedIn(database, file, captures ?? []))]);
  if (captures !== null && isForeign) await checkRows(database, file, selectOf(file, had, 1), captures.length);
  const select = selectOf(file, had, first);
  const flows = await database.value<number>(`SELECT coalesce(max(flow), 0)::DOUBLE FROM (${select})`);
  return { select, flows };
}

/**
 * Selects the columns of `_trace`. Cache entries lack the columns that their source does not supply: these are NULL.
 */
function selectOf({ file }: ParquetFile, had: ReadonlySet<string>, first: number): string {
  const columns = passColumns.map(({ name, type }) => {
    const value =
      name === "capture" ? `(capture + ${wholeNumeral(first - 1)})` : had.has(name) ? identifier(name) : "NULL";
    return `${value}::${plainType(type)} AS ${identifier(name)}`;
  });
  return `SELECT ${columns.join(", ")} FROM ${readParquet(file)}`;
}

/**
 * Those of the columns added by the pass that the file has. Throws a NotACaptureError if one that its captures need is
 * missing.
 */
async function carriedIn(
  database: Database,
  { file, shown }: ParquetFile,
  captures: readonly ConvertedCapture[],
): Promise<string[]> {
  const found = new Map(
    (await database.describe(`SELECT * FROM ${readParquet(file)}`)).map(({ name, type }) => [name, type]),
  );
  const names = Object.keys(carriedTypes).filter((name) => {
    const type = found.get(name);
    if (type === '"NULL"') return true;
    return type === plainType(carriedTypes[name]!);
  });
  const wanted = captures.flatMap(({ header }) => carriedSpecs(header).map(({ name }) => name));
  const missing = wanted.find((name) => !names.includes(name));
  if (missing !== undefined)
    throw new NotACaptureError(
      shown,
      `is Parquet from another version of analyze and lacks the column ${missing}; convert the capture again`,
    );
  return names;
}
