/** Refuses an assertion that is more than one SQL expression, before it is run. */
import type { Database } from "../database/database.ts";
import { type Node, nodesIn, parseTree, readingFunction } from "../database/parse-tree.ts";
import { UsageError } from "../errors.ts";

const beyond = "it goes on behind the expression";

/**
 * Throws a UsageError unless the text is one expression. It must not end the query around it, add a second column, or
 * read anything but tables. It is only parsed here, not run. Assertions come with a repository, which may be a
 * stranger's.
 */
export async function mustBeExpression(database: Database, text: string): Promise<void> {
  const fail = (why: string): never => {
    throw new UsageError(
      `${JSON.stringify(text)} is not an assertion: ${why}. Give one SQL expression, such as "goodput_bps > 9e6"`,
    );
  };
  const tree = await parseTree(database, `SELECT (\n${text}\n)`);
  if (tree.error)
    fail(
      /^Only SELECT/.test(tree.error_message ?? "")
        ? beyond
        : (tree.error_message?.split("\n")[0] ?? "it does not parse"),
    );
  const { statements = [] } = tree;
  const node = statements[0]?.node ?? {};
  if (statements.length !== 1 || !isBareSelect(node)) fail(beyond);
  const expression = (node.select_list as unknown[])[0];
  for (const inner of nodesIn(expression))
    if (inner.class === "STAR" && inner.type === "STAR") fail("* stands for several columns");
  const reading = readingFunction(expression);
  if (reading !== undefined) fail(`it reads ${reading}()`);
}

/** SELECT of one column, from nothing, under nothing. */
function isBareSelect(node: Node): boolean {
  const isEmpty = (value: unknown): boolean =>
    value === null || value === undefined || (Array.isArray(value) && value.length === 0);
  const { select_list, from_table, cte_map } = node;
  return (
    node.type === "SELECT_NODE" &&
    Array.isArray(select_list) &&
    select_list.length === 1 &&
    (from_table as Node | undefined)?.type === "EMPTY" &&
    isEmpty((cte_map as Node | undefined)?.map) &&
    ["modifiers", "where_clause", "group_expressions", "having", "qualify", "sample"].every((name) =>
      isEmpty(node[name]),
    )
  );
}
