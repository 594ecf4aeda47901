/** A trace as one Parquet file that can be opened like a capture: what `analyze convert` writes. */
import type { Loss } from "../captures/capture.ts";
import { lossesSql } from "../captures/tables.ts";
import { copyTrace } from "../parquet/copy.ts";
import type { Trace } from "./trace.ts";

/**
 * Writes `trace` to a Parquet file: zstd, one row a record in wire order, with the captures' headers, the places of
 * lost records and every column's unit and meaning in the file's metadata.
 */
export async function writeParquet(trace: Trace, path: string): Promise<void> {
  if (trace.written === path) return;
  const captures = trace.captures.map(({ path, origin = path, header, records, socketsAtEnd }) => ({
    path: origin,
    header,
    records,
    socketsAtEnd,
  }));
  const losses = await trace.rows<Loss>(lossesSql);
  await copyTrace(trace.database, "SELECT * FROM _trace", { captures, losses }, path);
}
