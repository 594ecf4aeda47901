/** Prints the rows of a query as a table, JSON or CSV. */
import type { Database } from "../database/database.ts";
import { Answer } from "../export/answer.ts";
import { csvChunks } from "../export/csv.ts";
import { jsonChunks } from "../export/json.ts";
import { textChunks } from "../export/text.ts";
import { type Bounds, bounded } from "../terminal/bounds.ts";
import type { Io } from "../terminal/io.ts";
import { TableWriter, unknown } from "../terminal/table.ts";

export interface FormatOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

export type RowFormat = "table" | "json" | "csv";

export const rowFormat = (options: { json?: boolean | undefined; csv?: boolean | undefined }): RowFormat =>
  options.json ? "json" : options.csv ? "csv" : "table";

/**
 * Prints a query's answer. JSON and CSV are the same bytes that a file would hold. In a table, NULL is `-`, and with
 * `marks` the columns at_least and about of a view are not shown but mark the numbers that they name.
 */
export async function printRows(
  database: Database,
  sql: string,
  format: RowFormat,
  io: Io,
  { marks = false } = {},
): Promise<void> {
  io.page?.();
  const answer = await Answer.to(database, sql);
  const table = (database: Database, answer: Answer) => tableChunks(database, answer, marks);
  const chunks = { json: jsonChunks, csv: csvChunks, table }[format];
  for await (const chunk of chunks(database, answer)) await io.stdout.write(chunk);
}

async function* tableChunks(database: Database, answer: Answer, marks: boolean): AsyncGenerator<string> {
  const names = answer.columns.map(({ name }) => name);
  const [least, about] = marks ? [names.indexOf("at_least"), names.indexOf("about")] : [-1, -1];
  const isShown = names.map((_, index) => index !== least && index !== about);
  const table = new TableWriter(
    answer.columns
      .map(({ name, type }) => ({ header: name, alignRight: /INT|DOUBLE|FLOAT|DECIMAL/.test(type) }))
      .filter((_, index) => isShown[index]),
  );
  let isEmpty = true;
  for await (const texts of textChunks(database, answer)) {
    isEmpty = false;
    const bounds = (row: number): Bounds => ({
      at_least: texts[least]?.[row] ?? null,
      about: texts[about]?.[row] ?? null,
    });
    const marked = (name: string, text: string, row: number) => (marks ? bounded(bounds(row), name, text) : text);
    const cells = texts.map((column, index) => column.map((text, row) => marked(names[index]!, text ?? unknown, row)));
    yield table.lines(cells.filter((_, index) => isShown[index]));
  }
  if (isEmpty) yield table.lines([]);
}
