/** An in-memory DuckDB and its connections: runs queries, makes the tables and views of sql/, sets variables. */
import { readFile, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBResultReader,
  type DuckDBTableFunction,
} from "@duckdb/node-api";
import {
  AnalyzeError,
  DamagedParquetError,
  NumberTooLargeError,
  SqlError,
  TemporaryDirectoryError,
  TooManyWindowsError,
  TraceClosedError,
} from "../errors.ts";
import { type Access, lockTo } from "./lock.ts";
import { returnFreedMemory } from "./memory.ts";
import { needsOf, relationsOf } from "./sql-text.ts";
import { type Statement, statementOf } from "./user-query.ts";
import { type SqlValue, sqlValue } from "./values.ts";

export { identifier, literal } from "./literals.ts";

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
  /** DuckDB's name for the type. */
  readonly type: string;
}

/**
 * DuckDB's memory limit; it writes anything beyond it to the temporary directory. The process stays below 2 GiB: Node,
 * the results, and memory that DuckDB does not count come on top.
 */
const memoryLimit = "900MiB";

const noExtensions = {
  autoinstall_known_extensions: "false",
  autoload_known_extensions: "false",
  allow_community_extensions: "false",
} as const;

/** What all connections to one DuckDB share. */
interface Shared {
  readonly instance: DuckDBInstance;
  readonly temporaryDirectory: string;
  readonly databases: Set<Database>;
  /** Symbolic links that stand for the user's files in SQL, with the names of these files. */
  readonly inputs: Map<string, string>;
  readonly unlocked: boolean;
  /** Number of tables made from answers so far. */
  answers: number;
  closed: boolean;
  /** Files of sql/ that are known to have no rows. */
  readonly empty: Set<string>;
}

/**
 * A connection to an in-memory DuckDB. Large tables are in Parquet files, so its memory stays small. All connections
 * see the same tables and views. Variables belong to one connection.
 */
export class Database {
  readonly #shared: Shared;
  readonly #connection: DuckDBConnection;
  /** SQL of the values, by name. */
  readonly #variables = new Map<string, string>();
  readonly #running = new Set<Promise<unknown>>();

  private constructor(shared: Shared, connection: DuckDBConnection) {
    this.#shared = shared;
    this.#connection = connection;
    shared.databases.add(this);
  }

  /**
   * `temporaryDirectory`: an absolute path, used by this database alone. `access`: other files that it may touch, or
   * null for all. `threads`: null for DuckDB's default, one a CPU.
   */
  static async open(
    temporaryDirectory: string,
    access: Access | null,
    threads: number | null = null,
  ): Promise<Database> {
    const instance = await DuckDBInstance.create(":memory:", {
      temp_directory: temporaryDirectory,
      memory_limit: memoryLimit,
      ...(threads !== null && { threads: String(threads) }),
      ...(access && noExtensions),
    });
    const connection = await instance.connect();
    // The footer of a large file takes longer to read than many a query.
    await connection.run("SET GLOBAL TimeZone = 'UTC'; SET GLOBAL parquet_metadata_cache = true");
    if (access) {
      const directories = [temporaryDirectory, ...access.directories];
      await connection.run(await lockTo({ directories, files: access.files }));
    }
    const shared: Shared = {
      instance,
      temporaryDirectory,
      unlocked: access === null,
      databases: new Set(),
      inputs: new Map(),
      answers: 0,
      closed: false,
      empty: new Set(),
    };
    return new Database(shared, connection);
  }

  /** Another connection with the same variables, and more of them (SQL by name). The caller closes it. */
  async connect(variables: Readonly<Record<string, string>> = {}): Promise<Database> {
    const other = new Database(this.#shared, await this.#use(() => this.#shared.instance.connect()));
    for (const [name, sql] of [...this.#variables, ...Object.entries(variables)]) await other.setVariable(name, sql);
    return other;
  }

  /** Sets a variable of this connection and of those made from it later. `sql`: an expression for its value. */
  async setVariable(name: string, sql: string): Promise<void> {
    await this.run(`SET VARIABLE ${name} = ${sql}`);
    this.#variables.set(name, sql);
  }

  /** A simple name under which SQL finds a user's file. Errors that mention it are changed to name the file. */
  async linkInput(path: string): Promise<string> {
    const { inputs, temporaryDirectory } = this.#shared;
    const name = join(temporaryDirectory, `${inputs.size + 1}-input.parquet`);
    await symlink(resolve(path), name);
    inputs.set(name, path);
    return name;
  }

  /** The SQL of a variable's value; undefined for one that was not set. */
  variable(name: string): string | undefined {
    return this.#variables.get(name);
  }

  /** Every use of the connection passes here. Closing it during a query would free memory that the query uses. */
  async #use<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
    await returnFreedMemory();
    const { closed, databases } = this.#shared;
    if (closed || !databases.has(this)) throw new TraceClosedError();
    const running = work(this.#connection);
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.#explained(error as Error);
    } finally {
      this.#running.delete(running);
    }
  }

  /** Turns known errors of DuckDB into errors that say what to do. Others are returned unchanged. */
  #explained(error: Error): Error {
    const { message } = error;
    const { inputs, temporaryDirectory } = this.#shared;
    const [, windows, most] = /tcpprobe_plus: (\d+) windows, at most (\d+)/.exec(message) ?? [];
    if (windows && most) return new TooManyWindowsError(Number(windows), Number(most));
    for (const [name, path] of inputs) if (message.includes(name)) return new DamagedParquetError(path, error);
    const isOfTemporaryFiles =
      message.includes("max_temp_directory_size") ||
      (/^IO Error/.test(message) && message.includes(`${temporaryDirectory}/`));
    if (isOfTemporaryFiles) return new TemporaryDirectoryError(dirname(temporaryDirectory), error);
    return /^(Out of Range|Conversion) Error/.test(message) ? new NumberTooLargeError(error) : error;
  }

  /**
   * Runs statements for their effect. Errors keep DuckDB's text. `values` are the values of $1, $2 … in the last one.
   */
  async run(sql: string, values?: SqlValue[]): Promise<void> {
    await this.#use((connection) => connection.run(sql, values));
  }

  #read(sql: string, values?: SqlValue[]): Promise<DuckDBResultReader> {
    return this.#use((connection) => connection.runAndReadAll(sql, values));
  }

  /** Registers a table function in all connections. */
  async registerTableFunction(table: DuckDBTableFunction): Promise<void> {
    await this.#use(async (connection) => connection.registerTableFunction(table));
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

  /**
   * Describes the answer to a user's query without running it. Throws a UsageError or RefusedStatementError for a query
   * that is not allowed (user-query.ts), and passes on DuckDB's errors.
   */
  statement(sql: string): Promise<Statement> {
    return this.#use((connection) => statementOf(connection, sql, this.#shared.unlocked));
  }

  /** Runs a small query and returns one object a row, values as JSON would carry them. */
  async rows<Row extends object = Record<string, SqlValue>>(sql: string, values?: SqlValue[]): Promise<Row[]> {
    const reader = await this.#read(sql, values);
    return reader.getRowObjectsJson() as unknown as Row[];
  }

  /** Runs a statement that cannot be used as a subquery, and keeps its answer as a table. */
  keepAnswer(sql: string): Promise<{ readonly table: string; readonly columns: readonly ColumnInfo[] }> {
    return this.#use(async (connection) => {
      const table = `_answer_${++this.#shared.answers}`;
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

  /**
   * A query's result, chunk by chunk, so that a large one is never held in memory as a whole. It uses a connection of
   * its own: on a shared one, the next query would end the stream early, and nobody would notice. Aborting the signal
   * ends it with the signal's reason.
   */
  async *chunks(sql: string, signal?: AbortSignal): AsyncGenerator<DuckDBDataChunk> {
    const own = await this.connect();
    try {
      const result = await own.until(signal, () => own.#use((connection) => connection.stream(sql)));
      for (;;) {
        const chunk = await own.until(signal, () => own.#use(() => result.fetchChunk()));
        if (!chunk || chunk.rowCount === 0) return;
        yield chunk;
      }
    } finally {
      await own.disconnect();
    }
  }

  /**
   * The columns of a query as numbers. All of them must be DOUBLE without NULL, so that DuckDB's memory is copied as it
   * is.
   */
  async doubles(sql: string): Promise<Float64Array[]> {
    const chunks = await this.#use(async (connection) => (await connection.run(sql)).fetchAllChunks());
    const parts: Float64Array[][] = [];
    for (const chunk of chunks)
      for (let column = 0; column < chunk.columnCount; column++) {
        const { items } = chunk.getColumnVector(column) as unknown as { readonly items: Float64Array };
        parts[column] ??= [];
        parts[column]!.push(items.slice(0, chunk.rowCount));
      }
    return parts.map((all) => {
      const column = new Float64Array(all.reduce((rows, { length }) => rows + length, 0));
      let at = 0;
      for (const part of all) {
        column.set(part, at);
        at += part.length;
      }
      return column;
    });
  }

  /**
   * Runs `work`, which queries through this connection. When the signal is aborted, the query that runs is ended and
   * the signal's reason thrown.
   */
  async until<Result>(signal: AbortSignal | undefined, work: () => Promise<Result>): Promise<Result> {
    if (signal === undefined) return work();
    signal.throwIfAborted();
    let again: NodeJS.Timeout | undefined;
    // An interrupt that comes between two queries is lost, so it is repeated.
    const interrupt = () => {
      this.#connection.interrupt();
      again = setTimeout(interrupt, 20);
    };
    signal.addEventListener("abort", interrupt, { once: true });
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", interrupt);
      clearTimeout(again);
    }
  }

  /** The single value of a query with one row and one column. */
  async value<Value = SqlValue>(sql: string): Promise<Value> {
    const [row] = await this.rows(sql);
    return Object.values(row ?? {})[0] as Value;
  }

  /**
   * Declares that a file of sql/ has no rows here. It is then made with WHERE false, so that reading it costs nothing.
   */
  expectNone(name: string): void {
    this.#shared.empty.add(name);
  }

  /**
   * Makes a table or view called `name` from sql/NAME.sql, after those that its `-- needs:` line names. `loaded` holds
   * the names that exist already; new ones are added to it. `restore` is asked first for each table, and if it supplies
   * the table, nothing is made.
   */
  async load(name: string, loaded: Set<string>, restore?: (name: string) => Promise<boolean>): Promise<void> {
    if (loaded.has(name)) return;
    loaded.add(name);
    try {
      if (await restore?.(name)) return;
      await this.#make(name, loaded, restore);
    } catch (error) {
      loaded.delete(name);
      throw error;
    }
  }

  async #make(name: string, loaded: Set<string>, restore?: (name: string) => Promise<boolean>): Promise<void> {
    const sql = await readFile(sqlFile(name), "utf8");
    if (name === dialect) return this.run(sql);
    const needs = needsOf(sql);
    const unsaid = relationsOf(sql).find((relation) => !needs.includes(relation));
    if (unsaid !== undefined) throw new Error(`sql/${name}.sql reads ${unsaid}, which its needs line does not name`);
    for (const need of needs) await this.load(need, loaded, restore);
    const select = this.#shared.empty.has(name) ? `SELECT * FROM (${sql.replace(/;\s*$/, "")}) WHERE false` : sql;
    await this.run(`CREATE ${sqlTables.includes(name) ? "TABLE" : "VIEW"} ${name} AS ${select}`);
  }

  /**
   * Makes tables anew from which the loaded `name` is made, and itself, where `stale` has them. Queries that run
   * meanwhile see the tables as they were. Names are removed from `stale`.
   */
  async renew(name: string, stale: Set<string>): Promise<void> {
    if (!(await isMadeOf(name, stale))) return;
    const texts = await sqlOf(name);
    const seen = new Set<string>();
    const make = async (table: string): Promise<void> => {
      const sql = texts.get(table);
      if (sql === undefined || seen.has(table)) return;
      seen.add(table);
      for (const need of needsOf(sql)) await make(need);
      // Before it is made: what grows meanwhile makes it stale again.
      if (stale.delete(table)) await this.run(`CREATE OR REPLACE TABLE ${table} AS ${sql}`);
    };
    await make(name);
  }

  /** Closes this connection alone, after the query that runs in it. Later calls are refused. */
  async disconnect(): Promise<void> {
    if (!this.#shared.databases.delete(this)) return;
    await Promise.allSettled(this.#running);
    this.#connection.closeSync();
  }

  /** Closes all connections in the same way. */
  async close(): Promise<void> {
    this.#shared.closed = true;
    await Promise.all([...this.#shared.databases].map((database) => database.disconnect()));
    this.#shared.instance.closeSync();
  }
}

const sqlFile = (name: string): URL => new URL(`../sql/${name}.sql`, import.meta.url);

/**
 * The file of sql/ for what differs between SQL engines, and for rules that several files share. Every other file of
 * sql/ is one SELECT.
 */
const dialect = "_dialect";

/** Files of sql/ made as tables, not views: they have few rows compared with their input, so they are computed once. */
export const sqlTables: readonly string[] = [
  ...["_connections", "_expiry_records", "_expiries"],
  ...["slow_start", "limits", "episodes", "rto_events", "flows", "marks"],
];

/** The texts, by name, of these files of sql/ and of all files that they need. */
export async function sqlOf(...names: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const wanted = [...names];
  for (const name of wanted) {
    if (texts.has(name)) continue;
    const sql = await readFile(sqlFile(name), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && !names.includes(name)) return null; // a table, filled as a trace is opened
      throw error;
    });
    if (sql === null) continue;
    texts.set(name, sql);
    wanted.push(...needsOf(sql));
  }
  return texts;
}

const madeOf = new Map<string, Promise<readonly string[]>>();

/** Whether a view is one of these tables of sql/, or made from one. */
export async function isMadeOf(name: string, tables: ReadonlySet<string>): Promise<boolean> {
  if (tables.size === 0 || name === "trace") return false;
  let all = madeOf.get(name);
  if (all === undefined) {
    all = sqlOf(name).then((texts) => [...texts.keys()]);
    madeOf.set(name, all);
  }
  return (await all).some((one) => tables.has(one));
}

/** Runs a user's query, so that its errors are reported as errors in the query. */
export async function asUserQuery<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    // A value that cannot be converted is an error in the user's query, too.
    if (error instanceof AnalyzeError && !(error instanceof NumberTooLargeError)) throw error;
    throw new SqlError(error as Error);
  }
}
