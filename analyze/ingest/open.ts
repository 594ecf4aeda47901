import type { Database } from "../database.ts";
import { literal } from "../database.ts";
import type { Capture } from "./capture.ts";
import { inputsOf } from "./inputs.ts";
import { openParquet, parquetTraceSql, registerCapture, registerLosses } from "./parquet.ts";
import { type StagedPiece, stageCapture } from "./stage-capture.ts";
import { typesSql } from "./types.ts";

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
    CREATE TABLE losses (capture USMALLINT, after_ord BIGINT, lost BIGINT, cause VARCHAR, from_s DOUBLE, to_s DOUBLE, known_by VARCHAR);
    CREATE TABLE settings (window_s DOUBLE);
    INSERT INTO settings VALUES (0.1);
  `);
  for (const name of ["captures", "losses", "records", "settings"]) loaded.add(name);
  const captures: Capture[] = [];
  const staged: StagedPiece[] = [];
  const converted: string[] = [];
  for (const input of await inputsOf(paths)) {
    const number = captures.length + 1;
    if (input.kind === "parquet") {
      captures.push(...(await openParquet(database, input.path, number)));
      converted.push(parquetTraceSql(input.path, number));
    } else {
      const opened = await stageCapture(database, input, number, directory);
      await registerCapture(database, { capture: number, path: input.path, header: opened.capture.header });
      await registerLosses(database, opened.losses);
      captures.push(opened.capture);
      staged.push(...opened.pieces);
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

/** All pieces read as one, which keeps their order; a UNION ALL would let the end of one fall behind the next. */
export function recordsSql(pieces: readonly StagedPiece[]): string {
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
