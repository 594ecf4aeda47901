/**
 * A statement and its answer, to be printed or written to a file. Columns are taken by position, so that two columns of
 * the same name are kept apart. They get distinct names here, and only here.
 */
import { type ColumnInfo, type Database, identifier, literal } from "../database/database.ts";

/** The answer to one statement. The statement runs when the answer is read. */
export class Answer {
  readonly columns: readonly ColumnInfo[];
  readonly #from: string;

  private constructor(columns: readonly ColumnInfo[], from: string) {
    const names = distinct(columns.map(({ name }) => name));
    this.columns = columns.map(({ type }, index) => ({ name: names[index]!, type }));
    this.#from = from;
  }

  /** Throws a UsageError unless `sql` is one statement, and passes on DuckDB's errors. */
  static async to(database: Database, sql: string): Promise<Answer> {
    const statement = await database.statement(sql);
    if (statement.isSelect) return new Answer(statement.columns, `query(${literal(sql)})`);
    // A statement that cannot be used in FROM (EXPLAIN, PRAGMA, PIVOT) runs first.
    const { table, columns } = await database.keepAnswer(sql);
    return new Answer(columns, identifier(table));
  }

  /**
   * A SELECT of the answer. `expression` gives the SQL for each column from the column's name in the subquery. By
   * default columns are unchanged.
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
