/** Writes rows of the trace to a Parquet file, with metadata. */
import type { Loss } from "../captures/capture.ts";
import { type Database, literal } from "../database/database.ts";
import { type ConvertedCapture, capturesKey, lossesKey } from "./converted.ts";
import { columnMeanings, keptFormat } from "./write.ts";

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
