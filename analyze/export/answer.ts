/**
 * A statement and its answer, whether it is printed or written to a file. Columns are taken by position, so that two of
 * one name stay two. Here, and only here, they get different names.
 */
import { type ColumnInfo, type Database, identifier, literal } from "../database/database.ts";

/** The answer to one statement, not yet asked for. */
export class Answer {
  readonly columns: readonly ColumnInfo[];
  readonly #from: string;

  private constructor(columns: readonly ColumnInfo[], from: string) {
    const names = distinct(columns.map(({ name }) => name));
    this.columns = columns.map(({ type }, index) => ({ name: names[index]!, type }));
    this.#from = from;
  }

  /** Throws a UsageError unless `sql` is one statement, and what DuckDB says of it. */
  static async to(database: Database, sql: string): Promise<Answer> {
    const statement = await database.statement(sql);
    if (statement.isSelect) return new Answer(statement.columns, `query(${literal(sql)})`);
    // What cannot stand in a FROM (EXPLAIN, PRAGMA, PIVOT) is answered first.
    const { table, columns } = await database.keepAnswer(sql);
    return new Answer(columns, identifier(table));
  }

  /**
   * SQL of the answer. `expression` makes each column of what it is called in there; unless told, all are as they are.
   */
  select(expression: (name: string, column: ColumnInfo) => string = (name) => name): string {
    const inside = this.columns.map((_, index) => `c${index}`);
    const outside = this.columns.map(
      (column, index) => `${expression(inside[index]!, column)} AS ${identifier(column.name)}`,
    );
    return `SELECT ${outside.join(", ")} FROM ${this.#from} AS _(${inside.join(", ")})`;
  }
}

/** `t`, `t`, `T` become `t`, `t_1`, `T_2`: SQL and many readers ignore case. */
function distinct(names: readonly string[]): string[] {
  const taken = new Set(names.map((name) => name.toLowerCase()));
  const used = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let number = 1; used.has(free.toLowerCase()) || (free !== name && taken.has(free.toLowerCase())); number++)
      free = `${name}_${number}`;
    used.add(free.toLowerCase());
    return free;
  });
}
