import { access, open as openFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { NotTppError, type TppWalk, walkTpp } from "@tcpprobe-plus/tpp";
import { type Database, literal } from "../database.ts";
import { InputError, NotACaptureError } from "../errors.ts";
import type { Capture, Loss } from "./capture.ts";
import { openParquet, parquetTraceSql, registerCapture, registerLosses } from "./parquet.ts";
import { type RejectedLine, type Stage, stageText } from "./stage.ts";
import { type MissingLines, textPieces } from "./text.ts";
import { typesSql } from "./types.ts";

/** Raw text parsed at a time; bounds the temporary disk space beside the staged records. */
const pieceBytes = 256 * 1024 * 1024;

/** Makes the view `trace` over all given files, and the tables `captures` and `losses`. */
export async function openCaptures(
  database: Database,
  paths: readonly string[],
  directory: string,
  loaded: Set<string>,
): Promise<Capture[]> {
  await database.run(typesSql());
  await database.load("_dialect", loaded);
  await database.run(`
    CREATE TABLE captures (capture USMALLINT, path VARCHAR, source VARCHAR, realtime_ns BIGINT, relative_sequence BOOLEAN, sees_ca_state BOOLEAN);
    CREATE TABLE losses (capture USMALLINT, after_ord BIGINT, lost BIGINT, cause VARCHAR);
    CREATE TABLE settings (window_s DOUBLE);
    INSERT INTO settings VALUES (0.1);
  `);
  for (const name of ["captures", "losses", "records", "settings"]) loaded.add(name);
  const captures: Capture[] = [];
  const staged: StagedPiece[] = [];
  const converted: string[] = [];
  for (const path of paths) {
    const number = captures.length + 1;
    if (await isParquet(path)) {
      captures.push(...(await openParquet(database, path, number)));
      converted.push(parquetTraceSql(path, number));
    } else {
      const opened = await openTpp(database, path, number, directory);
      captures.push(opened.capture);
      staged.push(...opened.staged);
    }
  }
  if (staged.length > 0) {
    await database.run(`CREATE VIEW records AS ${recordsSql(staged)}`);
    await database.run("SET VARIABLE realtimes_ns = (SELECT list(realtime_ns ORDER BY capture) FROM captures)");
    await database.load("trace", loaded);
    if (converted.length > 0) await database.run("ALTER VIEW trace RENAME TO _staged_trace");
  }
  if (converted.length > 0) {
    const parts = staged.length > 0 ? ["SELECT * FROM _staged_trace", ...converted] : converted;
    await database.run(`CREATE VIEW trace AS ${uniqueFlows(parts)}`);
  }
  loaded.add("trace");
  return captures;
}

/** One staged Parquet file: a stretch of one capture. */
interface StagedPiece {
  readonly path: string;
  readonly capture: number;
  /** Rows of the capture's pieces before it. */
  readonly rowsBefore: number;
}

/** All pieces read as one, which keeps their order; a UNION ALL would let the end of one fall behind the next. */
function recordsSql(pieces: readonly StagedPiece[]): string {
  const ofPiece = (values: readonly number[]) => `([${values.join(", ")}])[file_index::BIGINT + 1]`;
  return `
    SELECT ${ofPiece(pieces.map((piece) => piece.capture))}::USMALLINT AS capture,
      (file_row_number + 1 + ${ofPiece(pieces.map((piece) => piece.rowsBefore))})::BIGINT AS ord,
      * EXCLUDE (file_row_number)
    FROM read_parquet([${pieces.map(({ path }) => literal(path)).join(", ")}], file_row_number = true)`;
}

/** Flow ids of converted captures start at 1 in each file; here each starts behind those of the files before it. */
function uniqueFlows(parts: readonly string[]): string {
  const before = parts.map(
    (_, index) =>
      parts
        .slice(0, index)
        .map((sql) => `coalesce((SELECT max(flow) FROM (${sql})), 0)`)
        .join(" + ") || "0",
  );
  return parts
    .map((sql, index) => `SELECT * REPLACE ((flow + ${before[index]})::UINTEGER AS flow) FROM (${sql})`)
    .join(" UNION ALL ");
}

async function isParquet(path: string): Promise<boolean> {
  try {
    await access(path);
    const file = await openFile(path, "r");
    try {
      const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
      return buffer.toString("latin1") === "PAR1";
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new InputError(path, error as NodeJS.ErrnoException);
  }
}

async function openTpp(
  database: Database,
  path: string,
  number: number,
  directory: string,
): Promise<{ capture: Capture; staged: StagedPiece[] }> {
  const walk = await walkOf(path);
  const header = walk.header;
  if (!header)
    throw new NotACaptureError(
      path,
      "its header cannot be read, so its records have no meaning; `zstd -dc` prints what text is left",
    );
  const parquetPath = (index: number) => join(directory, `${number}-${index}.parquet`);
  const damage = walk.damage.map((found) => found.text);
  const staged: StagedPiece[] = [];
  const rejected: RejectedLine[] = [];
  const losses: Loss[] = [];
  let rows = 0;
  const keep = (stage: Stage, missing: readonly MissingLines[]) => {
    const lose = (after: number, lost: number, cause: string) =>
      losses.push({ capture: number, after_ord: after, lost, cause });
    for (const { afterLines, lines } of missing) lose(afterLines, lines, "frame");
    for (const { afterRows, lost } of stage.lost) lose(rows + afterRows, lost, "ring");
    staged.push({ path: stage.parquetPath, capture: number, rowsBefore: rows });
    rejected.push(...stage.rejected);
    rows += stage.rows;
  };
  const capture = { path, number };
  const textPath = (index: number) => join(directory, `${number}-${index}.txt`);
  for await (const piece of textPieces(walk, textPath, pieceBytes, (text) => damage.push(text))) {
    keep(await stageText(database, header, piece.path, parquetPath(staged.length), capture), piece.missing);
    await rm(piece.path);
  }
  losses.push(...unplacedLosses(walk, number, losses));
  await registerCapture(database, { capture: number, path, header });
  await registerLosses(database, losses);
  return { capture: { path, header, walk, records: rows, rejected, damage }, staged };
}

/** What the capture itself counted as lost beyond the losses whose place its text tells. */
function unplacedLosses(walk: TppWalk, capture: number, placed: readonly Loss[]): Loss[] {
  const counted = walk.trailer?.lost ?? walk.checkpoints.at(-1)?.lost ?? {};
  return Object.entries(counted)
    .map(([cause, total]) => {
      const known = placed.filter((loss) => loss.cause === cause).reduce((sum, { lost }) => sum + lost, 0);
      return { capture, after_ord: null, lost: total - known, cause };
    })
    .filter(({ lost }) => lost > 0);
}

async function walkOf(path: string): Promise<TppWalk> {
  try {
    return await walkTpp(path);
  } catch (error) {
    if (error instanceof NotTppError) throw new NotACaptureError(path, error.message.slice(path.length + 2));
    throw new InputError(path, error as NodeJS.ErrnoException);
  }
}
