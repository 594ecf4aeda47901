/** Writes a trace as one Parquet file that can be opened like a capture, for `analyze convert`. */
import type { Loss } from "../captures/capture.ts";
import { lossesSql } from "../captures/tables.ts";
import { copyTrace } from "../parquet/copy.ts";
import type { Trace } from "./trace.ts";

/**
 * Writes `trace` to a Parquet file with zstd compression, one row a record in the order of records. The file's metadata
 * holds the captures' headers, the places of lost records, and the unit and meaning of every column.
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
