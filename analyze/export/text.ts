/** The text of values, for CSV and tables. */
import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { Database } from "../database/database.ts";
import type { Answer } from "./answer.ts";

/** What an answer to somebody else may come to. */
export interface TextLimits {
  readonly rows: number;
  /** Of a value; the rest is cut off. */
  readonly characters: number;
  /** Ends the query. */
  readonly signal: AbortSignal;
}

/**
 * An answer as text, chunk by chunk, for CSV and tables. The text is DuckDB's, except for floating-point numbers: they
 * are the shortest text that reads back as the same number (40, not 40.0).
 */
export async function* textChunks(
  database: Database,
  answer: Answer,
  limits?: TextLimits,
): AsyncGenerator<readonly (readonly (string | null)[])[]> {
  const isNumber = answer.columns.map(({ type }) => type === "DOUBLE");
  const select = answer.select((name, { type }) => {
    if (type === "DOUBLE") return name;
    const text = type === "FLOAT" ? `regexp_replace(${name}::VARCHAR, '\\.0$', '')` : `${name}::VARCHAR`;
    return limits ? `left(${text}, ${limits.characters})` : text;
  });
  const limited = limits ? `${select} LIMIT ${limits.rows}` : select;
  for await (const chunk of database.chunks(limited, limits?.signal)) yield columnsOf(chunk, isNumber);
}

/** The chunk's values by column. */
const columnsOf = (chunk: DuckDBDataChunk, isNumber: readonly boolean[]): (string | null)[][] =>
  chunk
    .getColumns()
    .map((column, index) =>
      isNumber[index]
        ? column.map((value) => (value === null ? null : numberText(value as number)))
        : (column as (string | null)[]),
    );

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}
