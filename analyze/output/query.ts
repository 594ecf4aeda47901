/** A query's result as a file of the kind that its name's ending asks for, or as text. */
import { type Database, literal } from "../database.ts";
import { UnknownFormatError } from "../errors.ts";
import { arrowFile } from "./arrow.ts";
import { csvPieces } from "./csv.ts";
import { writePieces, writeWhole } from "./file.ts";

const formats: Readonly<Record<string, (database: Database, sql: string, path: string) => Promise<void>>> = {
  ".parquet": (database, sql, path) =>
    database.run(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd)`),
  ".csv": async (database, sql, path) => writePieces(path, await csvPieces(database, sql)),
  ".arrow": (database, sql, path) => writePieces(path, arrowFile(database, sql)),
  ".json": (database, sql, path) => database.run(`COPY (${sql}) TO ${literal(path)} (FORMAT json, ARRAY true)`),
};

/** The ending of an output's name. Throws an UnknownFormatError for those that mean nothing here. */
export function queryFormat(output: string): string {
  const suffix = Object.keys(formats).find((suffix) => output.endsWith(suffix));
  if (!suffix) throw new UnknownFormatError(output, Object.keys(formats));
  return suffix;
}

export const writeQuery = (database: Database, sql: string, output: string, force: boolean): Promise<void> =>
  writeWhole(output, force, (path) => formats[queryFormat(output)]!(database, sql, path));
