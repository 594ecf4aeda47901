/** Answers as JSON. */
import type { ColumnInfo, Database } from "../database/database.ts";
import { type JsonValue, jsonValue, numberOrText } from "../database/values.ts";
import type { Answer } from "./answer.ts";

/** An answer as a JSON array, chunk by chunk. Each row is an object on a line of its own. */
export async function* jsonChunks(database: Database, answer: Answer): AsyncGenerator<string> {
  const keys = answer.columns.map(({ name }, index) => `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  const forms = answer.columns.map(formOf);
  let between = "[\n";
  for await (const chunk of database.chunks(answer.select((name, column) => formOf(column).sql(name)))) {
    const columns = chunk.getColumns().map((column, index) => {
      const { json } = forms[index]!;
      return column.map((value) => (value === null ? "null" : json(value)));
    });
    let text = "";
    for (let row = 0; row < chunk.rowCount; row++) {
      text += between;
      for (const [index, key] of keys.entries()) text += key + columns[index]![row];
      text += "}";
      between = ",\n";
    }
    yield text;
  }
  yield between === "[\n" ? "[]\n" : "\n]\n";
}

/** The SQL that reads a column, and a function that makes JSON of a value other than NULL. */
interface Form {
  readonly sql: (name: string) => string;
  readonly json: (value: unknown) => string;
}

const small = /^(U?(TINY|SMALL)INT|U?INTEGER|BOOLEAN)$/;
const held = /^(U?(BIG|HUGE)INT|DOUBLE|VARCHAR)$/;
const nested = /\]$|^(STRUCT|MAP|UNION)\(/;
const notNumbers: Readonly<Record<string, string>> = { nan: "NaN", inf: "Infinity", "-inf": "-Infinity" };

/** Values that JavaScript can hold, and nested ones, are read unchanged. Others are read as DuckDB's exact text. */
function formOf({ type }: ColumnInfo): Form {
  const asItIs = (name: string) => name;
  if (small.test(type)) return { sql: asItIs, json: String };
  if (held.test(type) || nested.test(type)) return { sql: asItIs, json: (value) => JSON.stringify(jsonValue(value)) };
  const asText = (of: (text: string) => JsonValue): Form => ({
    sql: (name) => `${name}::VARCHAR`,
    json: (value) => JSON.stringify(of(value as string)),
  });
  if (type === "FLOAT") return asText((text) => notNumbers[text] ?? Number(text));
  return asText(type.startsWith("DECIMAL") ? numberOrText : (text) => text);
}
