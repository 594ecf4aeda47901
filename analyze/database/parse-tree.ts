/** DuckDB's parse tree of a user's text. It shows what the text would read, without running it. */
import type { Database } from "./database.ts";

/** A node of the tree, in the form of json_serialize_sql. */
export interface Node {
  readonly [name: string]: unknown;
}

export interface ParseTree {
  readonly error: boolean;
  readonly error_message?: string;
  readonly statements?: readonly { readonly node: Node }[];
}

export async function parseTree(database: Database, sql: string): Promise<ParseTree> {
  const [row] = await database.rows<{ tree: string }>("SELECT json_serialize_sql($1::VARCHAR) AS tree", [sql]);
  return JSON.parse(row!.tree);
}

/** Table functions whose rows depend only on their arguments. */
const plainTables: ReadonlySet<unknown> = new Set(["range", "generate_series", "unnest"]);

/** The first table function in the tree that reads anything other than its arguments, or undefined. */
export function readingFunction(tree: unknown): string | undefined {
  for (const { type, function: called } of nodesIn(tree)) {
    const name = type === "TABLE_FUNCTION" ? (called as Node | undefined)?.function_name : undefined;
    if (name !== undefined && !plainTables.has(name)) return String(name);
  }
  return undefined;
}

export function* nodesIn(value: unknown): Generator<Node> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield value as Node;
  for (const inner of Object.values(value)) yield* nodesIn(inner);
}
