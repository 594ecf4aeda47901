import { stringify } from "csv-stringify/sync";
import type { Columns, SqlValue } from "../database.ts";
import type { Io } from "../io.ts";
import { renderTable, unknown } from "./table.ts";

export type RowFormat = "table" | "json" | "csv";

export const rowFormat = (options: { json?: boolean | undefined; csv?: boolean | undefined }): RowFormat =>
  options.json ? "json" : options.csv ? "csv" : "table";

/** Prints a query's result. NULL is `-` in a table, null in JSON, nothing in CSV. */
export function printRows(result: Columns, format: RowFormat, io: Io): void {
  io.stdout.write(formatRows(result, format));
}

function formatRows(result: Columns, format: RowFormat): string {
  if (format === "json") return `${JSON.stringify(objectsOf(result), null, 2)}\n`;
  if (format === "csv") {
    const rows = Array.from({ length: result.rowCount }, (_, row) =>
      result.values.map((column) => text(column[row] ?? null, "")),
    );
    return stringify([[...result.names], ...rows]);
  }
  return renderTable(
    result.names.map((header, index) => ({
      header,
      cells: (result.values[index] ?? []).map((value) => text(value, unknown)),
      alignRight: /INT|DOUBLE|FLOAT|DECIMAL/.test(result.types[index] ?? ""),
    })),
  );
}

/** One object a row; 64-bit integers are numbers where a double holds them exactly, else decimal strings. */
export function objectsOf(result: Columns): Record<string, SqlValue>[] {
  return Array.from({ length: result.rowCount }, (_, row) =>
    Object.fromEntries(result.names.map((name, index) => [name, jsonValue(result.values[index]?.[row] ?? null)])),
  );
}

function jsonValue(value: SqlValue): SqlValue {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  return value !== null && typeof value === "object" ? String(value) : value;
}

const text = (value: SqlValue, empty: string): string => (value === null ? empty : String(value));
