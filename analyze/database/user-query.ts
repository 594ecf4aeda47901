/** Users' queries: checks what is allowed, and describes the answer. */
import { type DuckDBConnection, StatementType } from "@duckdb/node-api";
import { RefusedStatementError, UsageError } from "../errors.ts";

export interface Statement {
  /** Whether it can be used as a subquery in FROM. */
  readonly isSelect: boolean;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** EXPLAIN and its options, with any comments before it. */
const explains = /^(?:\s|--[^\n]*\n|\/\*.*?\*\/)*EXPLAIN\s+(?:ANALYZE\b)?\s*(?:\([^()]*\)(?!\s*$))?/is;

/**
 * Describes the answer to the single statement in `sql` without running it. Throws a UsageError if there is no
 * statement or more than one, and a RefusedStatementError if it does more than read, unless `anything` is allowed.
 */
export async function statementOf(connection: DuckDBConnection, sql: string, anything: boolean): Promise<Statement> {
  const statements = await extract(connection, sql);
  // DuckDB turns PIVOT into two statements. The first creates a type that the second needs before it can be prepared.
  if (statements.count === 2 && /\bpivot/i.test(sql)) {
    const { statementType } = await statements.prepare(0);
    if (statementType === StatementType.CREATE) return { isSelect: false, columns: [] };
  }
  if (statements.count !== 1)
    throw new UsageError(`one statement at a time, and here are ${statements.count}. Run the others by themselves`);
  const statement = await statements.prepare(0);
  const { statementType, parameterCount } = statement;
  if (parameterCount > 0)
    throw new UsageError("the query has a parameter ($1 or ?), and there is nothing to give for it");
  const isSelect = statementType === StatementType.SELECT;
  if (!isSelect && !anything) {
    if (statementType !== StatementType.EXPLAIN) throw new RefusedStatementError(nameOf(statementType));
    // EXPLAIN ANALYZE runs the statement that it explains.
    const explained = await (await extract(connection, sql.replace(explains, ""))).prepare(0);
    if (explained.statementType !== StatementType.SELECT)
      throw new RefusedStatementError(`an EXPLAIN of ${nameOf(explained.statementType)}`);
  }
  const columns = Array.from({ length: statement.columnCount }, (_, index) => ({
    name: statement.columnName(index),
    type: String(statement.columnType(index)),
  }));
  statement.destroySync();
  // DuckDB reports some PRAGMAs as SELECT, but they cannot be used in FROM.
  return { isSelect: isSelect && !/\bpragma\b/i.test(sql), columns };
}

const nameOf = (kind: StatementType): string => StatementType[kind]?.replaceAll("_", " ") ?? "something else";

async function extract(connection: DuckDBConnection, sql: string) {
  try {
    return await connection.extractStatements(sql);
  } catch (error) {
    const [, message] = /^Failed to extract statements: (.*)/s.exec((error as Error).message) ?? [];
    // DuckDB's error for a text without statements is empty.
    throw message ? new Error(message, { cause: error }) : new UsageError("there is no statement in the query");
  }
}
