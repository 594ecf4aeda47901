import type { ColumnInfo, Database } from "../database.ts";
import { type JsonValue, jsonValue, numberOrText } from "../values.ts";
import type { Answer } from "./answer.ts";

/** An answer as a JSON array, an object a row and line, piece by piece. */
export async function* jsonPieces(database: Database, answer: Answer): AsyncGenerator<string> {
  const keys = answer.columns.map(({ name }) => JSON.stringify(name));
  const forms = answer.columns.map(formOf);
  let between = "[\n";
  for await (const chunk of database.chunks(answer.select((name, column) => formOf(column).sql(name)))) {
    let piece = "";
    for (const row of chunk.getRows()) {
      const fields = row.map((value, index) => `${keys[index]}:${JSON.stringify(forms[index]!.json(value))}`);
      piece += `${between}{${fields.join(",")}}`;
      between = ",\n";
    }
    yield piece;
  }
  yield between === "[\n" ? "[]\n" : "\n]\n";
}

/** How a column comes out of DuckDB, and what JSON makes of that. */
interface Form {
  readonly sql: (name: string) => string;
  readonly json: (value: unknown) => JsonValue;
}

const held = /^(BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DOUBLE|VARCHAR)$/;
const nested = /\]$|^(STRUCT|MAP|UNION)\(/;
const notNumbers: Readonly<Record<string, string>> = { nan: "NaN", inf: "Infinity", "-inf": "-Infinity" };

/** What JavaScript holds, and nested values, come as they are; all else as DuckDB's text, which is exact. */
function formOf({ type }: ColumnInfo): Form {
  if (held.test(type) || nested.test(type)) return { sql: (name) => name, json: jsonValue };
  const json = (of: (text: string) => JsonValue) => (value: unknown) => (value === null ? null : of(value as string));
  const sql = (name: string) => `${name}::VARCHAR`;
  if (type === "FLOAT") return { sql, json: json((text) => notNumbers[text] ?? Number(text)) };
  if (type.startsWith("DECIMAL")) return { sql, json: json(numberOrText) };
  return { sql, json: json((text) => text) };
}
