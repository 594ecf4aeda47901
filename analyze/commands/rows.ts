/** Prints the rows of a query as a table, JSON or CSV. */
import type { Database } from "../database/database.ts";
import { Answer } from "../export/answer.ts";
import { csvChunks } from "../export/csv.ts";
import { jsonChunks } from "../export/json.ts";
import { textChunks } from "../export/text.ts";
import type { Io } from "../terminal/io.ts";
import { renderTable, unknown } from "../terminal/table.ts";

export interface FormatOptions {
  readonly json?: boolean;
  readonly csv?: boolean;
}

export type RowFormat = "table" | "json" | "csv";

export const rowFormat = (options: { json?: boolean | undefined; csv?: boolean | undefined }): RowFormat =>
  options.json ? "json" : options.csv ? "csv" : "table";

/** Prints a query's answer. JSON and CSV are the same bytes that a file would hold. In a table, NULL is `-`. */
export async function printRows(database: Database, sql: string, format: RowFormat, io: Io): Promise<void> {
  const answer = await Answer.to(database, sql);
  if (format === "table") return void (await io.stdout.write(await answerTable(database, answer)));
  for await (const chunk of (format === "json" ? jsonChunks : csvChunks)(database, answer))
    await io.stdout.write(chunk);
}

async function answerTable(database: Database, answer: Answer): Promise<string> {
  const columns = answer.columns.map(({ name, type }) => ({
    header: name,
    cells: [] as string[],
    alignRight: /INT|DOUBLE|FLOAT|DECIMAL/.test(type),
  }));
  for await (const texts of textChunks(database, answer))
    for (const [index, column] of texts.entries())
      for (const text of column) columns[index]!.cells.push(text ?? unknown);
  return renderTable(columns);
}
