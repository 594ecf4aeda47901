/** The text of a query, from wherever the user put it. */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { InputError, UsageError } from "../errors.ts";

/** A query as it was typed, of a file, or of standard input: `-` in the place of either. */
export async function queryText(query: string | undefined, file: string | undefined): Promise<string> {
  if ((query === undefined) === (file === undefined))
    throw new UsageError(
      query === undefined
        ? "no query is given: type one behind the file, name a file of it with --query-file, or give - to read it from standard input"
        : "give the query or --query-file, not both",
    );
  const path = file ?? query!;
  if (file === undefined && query !== "-") return query!;
  const read = path === "-" ? text(process.stdin) : readFile(path, "utf8");
  const sql = await read.catch((error) => {
    throw new InputError(path === "-" ? "standard input" : path, error as NodeJS.ErrnoException);
  });
  if (sql.trim() === "") throw new UsageError(`${path === "-" ? "standard input" : path}: holds no query`);
  return sql;
}
