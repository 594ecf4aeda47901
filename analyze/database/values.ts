/**
 * Values of DuckDB in JavaScript and JSON: numbers where they are exact, otherwise text. export/text.ts defines the
 * form of the text. docs/output.md documents this for users.
 */
import {
  DuckDBArrayValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBUnionValue,
  type DuckDBValue,
} from "@duckdb/node-api";

export type SqlValue = string | number | bigint | boolean | null;
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A value of a result. A nested one is JSON text. */
export function sqlValue(value: DuckDBValue): SqlValue {
  if (value === null || typeof value !== "object") return value as SqlValue;
  if (value instanceof DuckDBDecimalValue) return numberOrText(value.toString());
  return isNested(value) ? jsonText(nestedValue(value)) : String(value);
}

/**
 * A value for JSON. Whole numbers beyond 2^53 are text, and so is a DECIMAL with more digits than a double holds. JSON
 * has no NaN and no infinity. They are text, too, and never null, which means "not known".
 */
export function jsonValue(value: unknown): JsonValue {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value === undefined) return null;
  if (value === null || typeof value !== "object") return value as JsonValue;
  if (value instanceof DuckDBDecimalValue) return numberOrText(value.toString());
  return isNested(value) ? nestedValue(value) : String(value);
}

/** One object a row. 64-bit integers are numbers where a double holds them exactly, otherwise decimal strings. */
export function objectsOf(result: {
  readonly names: readonly string[];
  readonly values: readonly (readonly SqlValue[])[];
  readonly rowCount: number;
}): Record<string, SqlValue>[] {
  return Array.from({ length: result.rowCount }, (_, row) =>
    Object.fromEntries(result.names.map((name, index) => [name, objectValue(result.values[index]?.[row] ?? null)])),
  );
}

function objectValue(value: SqlValue): SqlValue {
  if (typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

/** JSON of anything that commands print. Numbers follow the rules of `jsonValue`. */
export const jsonText = (value: unknown, indent?: number): string =>
  JSON.stringify(
    value,
    (_, one: unknown) => (typeof one === "number" || typeof one === "bigint" ? jsonValue(one) : one),
    indent,
  );

/** The number, if it reads back as the same decimal; otherwise the text. */
export function numberOrText(text: string): number | string {
  const number = Number(text);
  return number.toFixed(text.split(".")[1]?.length ?? 0) === text ? number : text;
}

type Nested = DuckDBListValue | DuckDBArrayValue | DuckDBStructValue | DuckDBMapValue | DuckDBUnionValue;

const isNested = (value: object): value is Nested =>
  [DuckDBListValue, DuckDBArrayValue, DuckDBStructValue, DuckDBMapValue, DuckDBUnionValue].some(
    (kind) => value instanceof kind,
  );

function nestedValue(value: Nested): JsonValue {
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(jsonValue);
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, one]) => [name, jsonValue(one)]));
  if (value instanceof DuckDBUnionValue) return jsonValue(value.value);
  return Object.fromEntries(value.entries.map(({ key, value: one }) => [String(key), jsonValue(one)]));
}
