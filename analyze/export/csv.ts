/** Answers as CSV. */
import type { Database } from "../database/database.ts";
import type { Answer } from "./answer.ts";
import { textChunks } from "./text.ts";

/**
 * An answer as CSV, chunk by chunk: RFC 4180 with a header line and LF as line end. text.ts formats the values. NULL is
 * an empty field, an empty text is "".
 */
export async function* csvChunks(database: Database, answer: Answer): AsyncGenerator<string> {
  let chunk = `${answer.columns.map(({ name }) => csvField(name)).join()}\n`;
  for await (const columns of textChunks(database, answer)) {
    const fields = columns.map((column) => column.map(csvField));
    const rows = fields[0]?.length ?? 0;
    for (let row = 0; row < rows; row++) chunk += `${fields.map((column) => column[row]).join()}\n`;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

/** A field with a carriage return is quoted, too, because many readers end a line there. */
const csvField = (field: string | null): string => {
  if (field === null) return "";
  return field === "" || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
};
