/** Formats the files of analyze/sql and finds violations of the rules. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { format } from "sql-formatter";
import { lint } from "./lint.ts";

const folder = new URL("../../analyze/sql/", import.meta.url);

export function formatted(sql: string): string {
  const text = format(sql, { language: "duckdb", tabWidth: 2, expressionWidth: 90, linesBetweenQueries: 1 });
  // The formatter puts a space after names that it does not know as functions.
  return `${text
    .split("\n")
    .map((line) => line.replaceAll(/--.*$|'[^']*'|(?<=\b[a-z_]\w*) \(/g, (found) => (found === " (" ? "(" : found)))
    .join("\n")
    .trimEnd()}\n`;
}

/** One line for each violation. */
export function wrongInSqlFiles(): string[] {
  return readdirSync(folder).flatMap((name) => {
    const sql = readFileSync(new URL(name, folder), "utf8");
    const style = formatted(sql) === sql ? [] : [`analyze/sql/${name} is not formatted: npm run fix`];
    const findings = name === "_dialect.sql" ? [] : lint(sql);
    return [...style, ...findings.map(({ line, rule }) => `analyze/sql/${name}:${line}: ${rule}`)];
  });
}

export function formatSqlFiles(): void {
  for (const name of readdirSync(folder)) {
    const url = new URL(name, folder);
    writeFileSync(url, formatted(readFileSync(url, "utf8")));
  }
}
