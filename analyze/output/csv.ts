import { pipeline, Readable } from "node:stream";
import { stringify } from "csv-stringify";
import { type Database, identifier } from "../database.ts";

/** A query's result as CSV (RFC 4180, a header line, nothing for NULL), piece by piece. */
export async function csvPieces(database: Database, sql: string): Promise<AsyncIterable<string>> {
  const columns = await database.describe(sql);
  const select = columns.map(({ name }) => `${identifier(name)}::VARCHAR AS ${identifier(name)}`).join(", ");
  async function* rows(): AsyncGenerator<(string | null)[]> {
    for await (const chunk of database.chunks(`SELECT ${select} FROM (${sql})`)) {
      yield* chunk.getRows() as (string | null)[][];
    }
  }
  const csv = stringify({ header: true, columns: columns.map(({ name }) => name) });
  // Ends both where either fails, or whoever reads stops; an error is thrown to the reader.
  pipeline(Readable.from(rows()), csv, () => {});
  return csv as AsyncIterable<string>;
}
