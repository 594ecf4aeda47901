import type { Database } from "../database.ts";
import type { Answer } from "./answer.ts";

/**
 * An answer as CSV, piece by piece: RFC 4180 with a header line, lines ended by LF, values as DuckDB shows them. NULL is
 * nothing, an empty text is "".
 */
export async function* csvPieces(database: Database, answer: Answer): AsyncGenerator<string> {
  let piece = csvLine(answer.columns.map(({ name }) => name));
  for await (const chunk of database.chunks(answer.select((name) => `${name}::VARCHAR`))) {
    for (const row of chunk.getRows() as (string | null)[][]) piece += csvLine(row);
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}

const csvLine = (fields: readonly (string | null)[]): string => `${fields.map(csvField).join(",")}\n`;

/** A carriage return is quoted as well: many readers end a line at it. */
const csvField = (field: string | null): string => {
  if (field === null) return "";
  return field === "" || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
};
