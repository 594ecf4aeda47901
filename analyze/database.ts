import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBResultReader,
  StatementType,
} from "@duckdb/node-api";
import { AnalyzeError, SqlError, TemporaryDirectoryError, UsageError } from "./errors.ts";
import { type SqlValue, sqlValue } from "./values.ts";

export type { SqlValue } from "./values.ts";

/** A result by column: names, DuckDB type names, and one array of values a column. */
export interface Columns {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly values: readonly (readonly SqlValue[])[];
  readonly rowCount: number;
}

export interface ColumnInfo {
  readonly name: string;
  /** DuckDB's name of the type. */
  readonly type: string;
}

export interface Statement {
  /** Whether it can stand in a FROM. */
  readonly isSelect: boolean;
  readonly columns: readonly ColumnInfo[];
}

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * What DuckDB may hold; beyond it, it writes to the temporary directory. With Node, the results and what DuckDB does not
 * count, the process stays below 2 GiB.
 */
const memoryLimit = "1100MiB";

/** One in-memory DuckDB; big tables live in Parquet files beside it, so its memory stays small. */
export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #temporaryDirectory: string;
  readonly #running = new Set<Promise<unknown>>();
  #answers = 0;
  #closed = false;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, temporaryDirectory: string) {
    this.#instance = instance;
    this.#connection = connection;
    this.#temporaryDirectory = temporaryDirectory;
  }

  static async open(temporaryDirectory: string): Promise<Database> {
    const instance = await DuckDBInstance.create(":memory:", {
      temp_directory: temporaryDirectory,
      memory_limit: memoryLimit,
    });
    const connection = await instance.connect();
    await connection.run(
      "SET TimeZone = 'UTC'; SET autoinstall_known_extensions = false; SET autoload_known_extensions = false",
    );
    return new Database(instance, connection, temporaryDirectory);
  }

  /** Every use of the connection passes here: closing it under a running one would free what that one works on. */
  async #use<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw new Error("the trace is closed");
    const running = work(this.#connection);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.#isOfTemporaryFiles(error as Error)
        ? new TemporaryDirectoryError(dirname(this.#temporaryDirectory), error)
        : error;
    } finally {
      this.#running.delete(running);
    }
  }

  #isOfTemporaryFiles({ message }: Error): boolean {
    return (
      message.includes("max_temp_directory_size") ||
      (/^IO Error/.test(message) && message.includes(`${this.#temporaryDirectory}/`))
    );
  }

  /** Runs statements for their effect. Errors keep DuckDB's own text. */
  async run(sql: string): Promise<void> {
    await this.#use((connection) => connection.run(sql));
  }

  #read(sql: string): Promise<DuckDBResultReader> {
    return this.#use((connection) => connection.runAndReadAll(sql));
  }

  /** Runs a query and returns its columns; 64-bit integers that fit become numbers. */
  async columns(sql: string): Promise<Columns> {
    const reader = await this.#read(sql);
    return {
      names: reader.deduplicatedColumnNames(),
      types: reader.columnTypes().map(String),
      values: reader.getColumns().map((column) => column.map(sqlValue)),
      rowCount: reader.currentRowCount,
    };
  }

  /** Runs a small query and returns one object a row, values as JSON would carry them. */
  async rows<Row extends object = Record<string, SqlValue>>(sql: string): Promise<Row[]> {
    const reader = await this.#read(sql);
    return reader.getRowObjectsJson() as unknown as Row[];
  }

  /** What the one statement of `sql` would answer, without running it. Throws a UsageError where it is none, or several. */
  statement(sql: string): Promise<Statement> {
    return this.#use(async (connection) => {
      const statements = await connection.extractStatements(sql).catch(({ message }: Error) => {
        const said = /^Failed to extract statements: (.*Error: .*)$/s.exec(message)?.[1];
        throw said ? new Error(said) : new UsageError("there is no statement in the query");
      });
      // PIVOT is one statement that DuckDB makes two of, the first of which creates a type.
      if (statements.count === 2 && /\bpivot/i.test(sql)) {
        const first = await statements.prepare(0);
        if (first.statementType === StatementType.CREATE) return { isSelect: false, columns: [] };
      }
      if (statements.count !== 1)
        throw new UsageError(`one statement at a time, and here are ${statements.count}; run the others by themselves`);
      const statement = await statements.prepare(0);
      if (statement.parameterCount > 0)
        throw new UsageError("the query has a parameter ($1 or ?), and there is nothing to give for it");
      const columns = Array.from({ length: statement.columnCount }, (_, index) => ({
        name: statement.columnName(index),
        type: String(statement.columnType(index)),
      }));
      // Some PRAGMAs are said to be a SELECT and cannot stand in a FROM.
      const isSelect = statement.statementType === StatementType.SELECT && !/\bpragma\b/i.test(sql);
      return { isSelect, columns };
    });
  }

  /** Runs a statement that cannot stand in a FROM, and keeps what it answers as a table. */
  keepAnswer(sql: string): Promise<{ readonly table: string; readonly columns: readonly ColumnInfo[] }> {
    return this.#use(async (connection) => {
      const table = `_answer_${++this.#answers}`;
      const result = await connection.run(sql);
      const types = result.columnTypes();
      const columns = result.columnNames().map((name, index) => ({ name, type: String(types[index]) }));
      await connection.run(
        `CREATE TABLE ${table} (${columns.map(({ type }, index) => `c${index} ${type}`).join(", ")})`,
      );
      const appender = await connection.createAppender(table);
      for (const chunk of await result.fetchAllChunks()) appender.appendDataChunk(chunk);
      appender.closeSync();
      return { table, columns };
    });
  }

  /** Names and types of a query's columns, without running it. */
  async describe(sql: string): Promise<ColumnInfo[]> {
    const rows = await this.rows<{ column_name: string; column_type: string }>(`DESCRIBE ${sql}`);
    return rows.map(({ column_name, column_type }) => ({ name: column_name, type: column_type }));
  }

  /** Names of a query's columns, without running it. */
  async columnNames(sql: string): Promise<string[]> {
    return (await this.describe(sql)).map(({ name }) => name);
  }

  /** A query's result piece by piece, so that a large one is never held whole. */
  async *chunks(sql: string): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#use((connection) => connection.stream(sql));
    for (;;) {
      const chunk = await this.#use(() => result.fetchChunk());
      if (!chunk || chunk.rowCount === 0) return;
      yield chunk;
    }
  }

  /** The single value of a query with one row and one column. */
  async value<Value = SqlValue>(sql: string): Promise<Value> {
    const [row] = await this.rows(sql);
    return Object.values(row ?? {})[0] as Value;
  }

  /**
   * Runs sql/NAME.sql, after the files that its `-- needs:` line names. `loaded` holds the names already there and
   * gains the new ones. What `restore` can give in its place, when asked for a name, need not be made.
   */
  async load(name: string, loaded: Set<string>, restore?: (name: string) => Promise<boolean>): Promise<void> {
    if (loaded.has(name)) return;
    loaded.add(name);
    if (await restore?.(name)) return;
    const sql = await readFile(sqlFile(name), "utf8");
    for (const need of needsOf(sql)) await this.load(need, loaded, restore);
    await this.run(sql);
  }

  /** Waits for what is running; what is asked from now on is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#running);
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

const sqlFile = (name: string): URL => new URL(`sql/${name}.sql`, import.meta.url);

/** The texts of sql/NAME.sql of these names and of all files of sql/ that they need, by name. */
export async function sqlOf(...names: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const wanted = [...names];
  for (const name of wanted) {
    if (texts.has(name)) continue;
    const sql = await readFile(sqlFile(name), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && !names.includes(name)) return null; // made as a trace is opened
      throw error;
    });
    if (sql === null) continue;
    texts.set(name, sql);
    wanted.push(...needsOf(sql));
  }
  return texts;
}

/** What the text of a file of sql/ says that it needs. */
function needsOf(sql: string): string[] {
  const line = /^-- needs: (.*)$/m.exec(sql)?.[1] ?? "";
  return line.split(",").flatMap((need) => need.trim() || []);
}

/** Wraps a user's own query, so that its errors are shown as theirs. */
export async function asUserQuery<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AnalyzeError) throw error;
    throw new SqlError(error as Error);
  }
}
