import { type Database, literal } from "../database.ts";
import type { Loss } from "../ingest/capture.ts";
import { type ConvertedCapture, capturesKey, lossesKey } from "../ingest/converted.ts";
import { lossesSql } from "../ingest/parquet.ts";
import { columnMeanings, keptFormat } from "../parquet/write.ts";
import type { Trace } from "../trace.ts";

/**
 * Writes `trace` to a Parquet file: zstd, one row a record in wire order, with the captures' headers, the places of
 * lost records and every column's unit and meaning in the file's metadata.
 */
export async function writeParquet(trace: Trace, path: string): Promise<void> {
  if (trace.written === path) return;
  const captures = trace.captures.map(({ path, header, records }) => ({ path, header, records }));
  const losses = await trace.rows<Loss>(lossesSql);
  await copyTrace(trace.database, "SELECT * FROM _trace", { captures, losses }, path);
}

export interface TraceMetadata {
  readonly captures: readonly ConvertedCapture[];
  readonly losses: readonly Loss[];
  /** Further keys of the file's metadata. */
  readonly more?: Readonly<Record<string, string>>;
}

/** Writes rows with the columns of `trace` to a Parquet file that can be opened like a capture. */
export async function copyTrace(
  database: Database,
  select: string,
  { captures, losses, more = {} }: TraceMetadata,
  path: string,
): Promise<void> {
  const metadata: [string, string][] = [
    [capturesKey, JSON.stringify(captures)],
    [lossesKey, JSON.stringify(losses)],
    ...Object.entries(more),
    ...columnMeanings.map(([key, value]): [string, string] => [key, value]),
  ];
  await database.run(
    `COPY (${select}) TO ${literal(path)} (FORMAT parquet, ${keptFormat}, USE_TMP_FILE false,
      KV_METADATA {${metadata.map(([key, value]) => `${literal(key)}: ${literal(value)}`).join(", ")}})`,
  );
}
