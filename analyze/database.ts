import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBResultReader,
  type DuckDBTableFunction,
} from "@duckdb/node-api";
import { AnalyzeError, SqlError, TemporaryDirectoryError } from "./errors.ts";

export type SqlValue = string | number | bigint | boolean | null;

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

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Types whose values JavaScript holds as they are. */
const plainType = /^(BOOLEAN|U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|VARCHAR|ENUM\(.*\))$/;

const textOfJson = (value: unknown): string | null =>
  value === null || typeof value === "string" ? value : JSON.stringify(value);

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

  /** Makes a table function known. */
  async define(table: DuckDBTableFunction): Promise<void> {
    await this.#use(async (connection) => connection.registerTableFunction(table));
  }

  #read(sql: string): Promise<DuckDBResultReader> {
    return this.#use((connection) => connection.runAndReadAll(sql));
  }

  /** Runs a query and returns its columns; 64-bit integers that fit become numbers. */
  async columns(sql: string): Promise<Columns> {
    const reader = await this.#read(sql);
    const types = reader.columnTypes().map(String);
    const values = reader.getColumnsJS() as SqlValue[][];
    if (!types.every((type) => plainType.test(type))) {
      // JavaScript's dates have no nanoseconds: such values, and nested ones, become DuckDB's text.
      const json = reader.getColumnsJson();
      for (const [index, type] of types.entries())
        if (!plainType.test(type)) values[index] = (json[index] ?? []).map(textOfJson);
    }
    return {
      names: reader.deduplicatedColumnNames(),
      types,
      values,
      rowCount: reader.currentRowCount,
    };
  }

  /** Runs a small query and returns one object a row, values as JSON would carry them. */
  async rows<Row extends object = Record<string, SqlValue>>(sql: string): Promise<Row[]> {
    const reader = await this.#read(sql);
    return reader.getRowObjectsJson() as unknown as Row[];
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
