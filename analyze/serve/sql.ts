/**
 * Queries that somebody types into the page. They read the views and nothing else: not even what DuckDB may otherwise
 * touch, such as the cache of other captures.
 */
import { asUserQuery } from "../database/database.ts";
import { nodesIn, parseTree, readingFunction } from "../database/parse-tree.ts";
import { NoSuchViewError, UsageError } from "../errors.ts";
import { Answer } from "../export/answer.ts";
import { textChunks } from "../export/text.ts";
import { didYouMean } from "../nearest.ts";
import type { SqlAnswer } from "../report/model.ts";
import type { Trace } from "../trace/trace.ts";
import { viewNames } from "../trace/views.ts";

/** Limits of an answer. What is beyond them is cut off, and the answer says so. */
const mostRows = 10_000;
const mostColumns = 200;
const mostCharacters = 500;
const mostBytes = 16 * 2 ** 20;

/** Functions that tell of the server or change it. All others work on their arguments. */
const refusedFunctions: ReadonlySet<string> = new Set(["current_setting", "getenv", "write_log"]);

const names: ReadonlySet<string> = new Set<string>([...viewNames, "settings"]);

/**
 * Runs a query. Throws a UsageError for one that is not allowed, a SqlError for one that fails, a NoSuchViewError, and
 * the signal's reason.
 */
export async function runQuery(trace: Trace, query: string, signal: AbortSignal): Promise<SqlAnswer> {
  await mustOnlyRead(trace, query);
  await asUserQuery(() => trace.needOf(query));
  const answer = await asUserQuery(() => Answer.to(trace.database, query));
  if (answer.columns.length > mostColumns)
    throw new UsageError(`the answer has ${answer.columns.length} columns, and ${mostColumns} are the most here`);
  const rows: (string | null)[][] = [];
  let bytes = 0;
  const limits = { rows: mostRows + 1, characters: mostCharacters + 1, signal };
  const read = async (): Promise<boolean> => {
    for await (const columns of textChunks(trace.database, answer, limits)) {
      for (let row = 0; row < (columns[0]?.length ?? 0); row++) {
        if (rows.length === mostRows || bytes > mostBytes) return true;
        const values = columns.map((column) => shortened(column[row] ?? null));
        bytes += values.reduce((sum, value) => sum + (value?.length ?? 0) + 8, 0);
        rows.push(values);
      }
    }
    return false;
  };
  const cut = await asUserQuery(read).catch((error) => {
    signal.throwIfAborted();
    throw error;
  });
  return { columns: answer.columns, rows, cut };
}

/** Throws unless the text is a query over the views, by its parse tree. Nothing of it is run for that. */
export async function mustOnlyRead(trace: Trace, query: string): Promise<void> {
  const refuse = (why: string): never => {
    throw new UsageError(
      `${why}. A query here is one SELECT, FROM, WITH, VALUES, DESCRIBE or SUMMARIZE over the views`,
    );
  };
  const tree = await parseTree(trace.database, query);
  if (tree.error)
    refuse(/^Only SELECT/.test(tree.error_message ?? "") ? otherStatement(query) : firstLine(tree.error_message));
  const { statements = [] } = tree;
  if (statements.length !== 1) refuse(`these are ${statements.length} statements`);
  const reading = readingFunction(tree);
  if (reading !== undefined) refuse(`${reading}() is not allowed`);
  const own = new Set<string>();
  for (const { map } of nodesIn(tree)) {
    if (!Array.isArray(map)) continue;
    for (const { key } of map as { key?: unknown }[]) {
      // A table that is called like a file is read from that file where this name does not reach.
      if (!/^\w+$/.test(String(key))) refuse("names in WITH may hold letters, digits and _");
      own.add(String(key).toLowerCase());
    }
  }
  for (const { type, class: kind, ...node } of nodesIn(tree)) {
    if (kind === "FUNCTION" && refusedFunctions.has(String(node.function_name)))
      refuse(`${node.function_name}() is not allowed`);
    if (type === "SHOW_REF" && node.query === null) refuse("SHOW is not allowed: the views stand beside this box");
    if (type !== "BASE_TABLE") continue;
    const table = String(node.table_name);
    if (node.catalog_name !== "" || node.schema_name !== "") refuse(`${table} is no view`);
    if (names.has(table.toLowerCase()) || own.has(table.toLowerCase())) continue;
    throw new NoSuchViewError(
      table,
      `${didYouMean(table, viewNames)} There are ${viewNames.join(", ")}`,
      new Error(table),
    );
  }
}

/** What is wrong with a statement that is no SELECT, and what to do instead. */
function otherStatement(query: string): string {
  if (/^\s*EXPLAIN\b/i.test(query))
    return "this is another statement: a plan names files of the server. `analyze sql` explains the same query";
  // DuckDB reads the values first, by another statement.
  if (/\bPIVOT\b/i.test(query))
    return "this is another statement: a PIVOT has to list its values, as in PIVOT events ON event IN ('recovery', 'RTO') USING count(*) GROUP BY flow";
  return "this is another statement";
}

const shortened = (value: string | null): string | null =>
  value !== null && value.length > mostCharacters ? `${value.slice(0, mostCharacters)}…` : value;

const firstLine = (text = "the query cannot be read"): string => text.split("\n")[0]!;
