/** Records in the order of their times. */
import { join } from "node:path";
import type { Database } from "../database.ts";
import { readParquet } from "../files.ts";
import { copyStaged } from "./stage.ts";
import type { StagedPiece } from "./staged.ts";

/**
 * Sources that merge several CPUs hand out some records a little late. Where a capture has such, its pieces are replaced by
 * one in the order of time; records of equal time, and lines without one, keep their order. Most captures need nothing.
 */
export async function sortPieces(
  database: Database,
  pieces: readonly StagedPiece[],
  directory: string,
): Promise<StagedPiece[]> {
  const [first] = pieces;
  if (!first || !(await outOfOrder(database, pieces))) return [...pieces];
  const path = join(directory, `${first.capture}-sorted.parquet`);
  const all = readParquet(pathsOf(pieces), ", file_row_number = true");
  await database.run(
    copyStaged(
      `SELECT * EXCLUDE (file_row_number, piece, after) FROM (
         SELECT *, file_index AS piece, coalesce(t, max(t) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS after FROM ${all})
       ORDER BY after NULLS FIRST, piece, file_row_number`,
      path,
    ),
  );
  return [{ ...first, path, rowsBefore: 0, rows: pieces.reduce((sum, { rows }) => sum + rows, 0) }];
}

/** Whether any record is earlier than one before it. Row order is kept by a window without one, which streams. */
async function outOfOrder(database: Database, pieces: readonly StagedPiece[]): Promise<boolean> {
  const all = readParquet(pathsOf(pieces));
  return database.value<boolean>(
    `SELECT count(*) > 0 FROM (SELECT t, lag(t) OVER () AS before FROM (SELECT t FROM ${all} WHERE t IS NOT NULL)) WHERE t < before`,
  );
}

const pathsOf = (pieces: readonly StagedPiece[]): string[] => pieces.map(({ path }) => path);
