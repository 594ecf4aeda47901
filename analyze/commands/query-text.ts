/** The text of a query, from wherever the user put it. */
import { access, readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { InputError, UsageError } from "../errors.ts";

/**
 * The files and the query behind them, which stands for no file. Where the first word stands for none either, and the
 * last for one, they are taken the other way round. With a file for the query, all words are captures.
 */
export async function filesAndQuery(
  words: readonly string[],
  hasQueryFile: boolean,
): Promise<{ files: string[]; typed: string | undefined }> {
  const isQuery = (word: string) => word === "-" || /\s/.test(word);
  if (words.length < 2 || (hasQueryFile && !isQuery(words.at(-1)!))) {
    const [only] = words;
    if (only === undefined || (isQuery(only) && !(await isThere(only))))
      throw new UsageError("a file is missing: give captures and behind them the query");
    return { files: [...words], typed: undefined };
  }
  const [first = "", last = ""] = [words[0], words.at(-1)];
  const turned = isQuery(first) && !isQuery(last) && !(await isThere(first)) && (await isThere(last));
  return turned ? { files: words.slice(1), typed: first } : { files: words.slice(0, -1), typed: last };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

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
