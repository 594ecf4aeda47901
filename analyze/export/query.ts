/** Writes the answer to a query to a file. The extension of the file's name selects the format. */
import { type Database, literal } from "../database/database.ts";
import { UnknownFormatError } from "../errors.ts";
import type { Answer } from "./answer.ts";
import { csvChunks } from "./csv.ts";
import { writeChunks } from "./file.ts";
import { jsonChunks } from "./json.ts";

type Format = (database: Database, answer: Answer, path: string) => Promise<void>;

const formats: Readonly<Record<string, Format>> = {
  ".parquet": (database, answer, path) =>
    database.run(
      `COPY (${answer.select()}) TO ${literal(path)} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, USE_TMP_FILE false)`,
    ),
  ".csv": (database, answer, path) => writeChunks(path, csvChunks(database, answer)),
  ".arrow": async (database, answer, path) => {
    const { arrowChunks } = await import("./arrow.ts"); // apache-arrow takes 40 ms to load
    await writeChunks(path, arrowChunks(database, answer));
  },
  ".json": (database, answer, path) => writeChunks(path, jsonChunks(database, answer)),
};

/** The extension of an output's name. Throws an UnknownFormatError if no format has it. */
export function queryFormat(output: string): string {
  const suffix = Object.keys(formats).find((suffix) => output.endsWith(suffix));
  if (!suffix) throw new UnknownFormatError(output, Object.keys(formats));
  return suffix;
}

/** Writes the answer to `path` in a format that `queryFormat` returned. `path` comes from OutputFile. */
export const writeAnswer = (database: Database, answer: Answer, format: string, path: string): Promise<void> =>
  formats[format]!(database, answer, path);
