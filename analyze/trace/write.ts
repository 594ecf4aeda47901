/** Writes a trace as one Parquet file that can be opened like a capture, for `analyze convert`. */
import type { BigIntStats } from "node:fs";
import { Cache } from "../cache/cache.ts";
import type { Loss } from "../captures/capture.ts";
import { lossesSql } from "../captures/tables.ts";
import { copyTrace } from "../parquet/copy.ts";
import type { OpenOptions, Trace } from "./trace.ts";

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

/**
 * Remembers that the rows of a file that `writeParquet` has written are sound, so that the next command need not look
 * at each of them. `made`: the file as it was before it was moved to `path`.
 */
export async function rememberParquet(path: string, made: BigIntStats, options: OpenOptions = {}): Promise<void> {
  const { cache = {}, say = () => {} } = options;
  if (cache !== false) await new Cache(cache, say).remember(path, made);
}
