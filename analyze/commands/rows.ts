/** Prints the rows of a query as a table, JSON or CSV. */
import type { Database } from "../database/database.ts";
import { Answer } from "../export/answer.ts";
import { csvChunks } from "../export/csv.ts";
import { jsonChunks } from "../export/json.ts";
import { textChunks } from "../export/text.ts";
import type { Io } from "../terminal/io.ts";
import { TableWriter, unknown } from "../terminal/table.ts";

export interface FormatOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

export type RowFormat = "table" | "json" | "csv";

export const rowFormat = (options: { json?: boolean | undefined; csv?: boolean | undefined }): RowFormat =>
  options.json ? "json" : options.csv ? "csv" : "table";

/** Prints a query's answer. JSON and CSV are the same bytes that a file would hold. In a table, NULL is `-`. */
export async function printRows(database: Database, sql: string, format: RowFormat, io: Io): Promise<void> {
  io.page?.();
  const answer = await Answer.to(database, sql);
  const chunks = { json: jsonChunks, csv: csvChunks, table: tableChunks }[format];
  for await (const chunk of chunks(database, answer)) await io.stdout.write(chunk);
}

async function* tableChunks(database: Database, answer: Answer): AsyncGenerator<string> {
  const table = new TableWriter(
    answer.columns.map(({ name, type }) => ({ header: name, alignRight: /INT|DOUBLE|FLOAT|DECIMAL/.test(type) })),
  );
  let isEmpty = true;
  for await (const texts of textChunks(database, answer)) {
    isEmpty = false;
    yield table.lines(texts.map((column) => column.map((text) => text ?? unknown)));
  }
  if (isEmpty) yield table.lines([]);
}
