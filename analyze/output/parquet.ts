import { traceColumns } from "@tcpprobe-plus/tpp";
import { type Database, literal } from "../database.ts";
import type { Loss } from "../ingest/capture.ts";
import { type ConvertedCapture, capturesKey, lossesKey } from "../ingest/converted.ts";
import { lossesSql } from "../ingest/parquet.ts";
import type { Trace } from "../trace.ts";

/** Keys of the columns' meanings in the file's metadata: `column.srtt_us` and so on. */
const columnKey = (name: string): string => `column.${name}`;

/**
 * Writes `trace` to a Parquet file: zstd, one row a record in wire order, with the captures' headers, the places of
 * lost records and every column's unit and meaning in the file's metadata.
 */
export async function writeParquet(trace: Trace, path: string): Promise<void> {
  const captures = trace.captures.map(({ path, header, records }) => ({ path, header, records }));
  const losses = await trace.rows<Loss>(lossesSql);
  await copyTrace(trace.database, "SELECT * FROM trace", { captures, losses }, path);
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
    ...traceColumns.map(({ name, unit, meaning }): [string, string] => [
      columnKey(name),
      unit ? `[${unit}] ${meaning}` : meaning,
    ]),
  ];
  // Version 2 encodes rising numbers (ord, time) as differences. Dictionaries beyond a thousand values and zstd's level 3
  // would make the file a fifth smaller and take half as long again (npm run bench).
  await database.run(
    `COPY (${select}) TO ${literal(path)} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 1, USE_TMP_FILE false,
      DICTIONARY_SIZE_LIMIT 1000, KV_METADATA {${metadata.map(([key, value]) => `${literal(key)}: ${literal(value)}`).join(", ")}})`,
  );
}
