/** The answer to a query as a file of the kind that its name's ending asks for. */
import { type Database, literal } from "../database/database.ts";
import { UnknownFormatError } from "../errors.ts";
import type { Answer } from "./answer.ts";
import { arrowChunks } from "./arrow.ts";
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
  ".arrow": (database, answer, path) => writeChunks(path, arrowChunks(database, answer)),
  ".json": (database, answer, path) => writeChunks(path, jsonChunks(database, answer)),
};

/** The ending of an output's name. Throws an UnknownFormatError for those that mean nothing here. */
export function queryFormat(output: string): string {
  const suffix = Object.keys(formats).find((suffix) => output.endsWith(suffix));
  if (!suffix) throw new UnknownFormatError(output, Object.keys(formats));
  return suffix;
}

/** Writes the answer to `path` in a format of `queryFormat`; OutputFile has a path to give. */
export const writeAnswer = (database: Database, answer: Answer, format: string, path: string): Promise<void> =>
  formats[format]!(database, answer, path);
