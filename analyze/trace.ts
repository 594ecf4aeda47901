import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WalkOptions } from "@tcpprobe-plus/tpp";
import type { Table } from "apache-arrow";
import { type Columns, Database, type SqlValue } from "./database.ts";
import { TemporaryDirectoryError } from "./errors.ts";
import { Cache, type CacheOptions } from "./ingest/cache.ts";
import type { Capture } from "./ingest/capture.ts";
import type { Derived } from "./ingest/derived.ts";
import { type Opened, openCaptures } from "./ingest/open.ts";
import type { PlotOptions } from "./plots/draw.ts";
import type { PlotName } from "./plots/names.ts";
import type { Picture } from "./plots/picture.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "./temporary.ts";
import { objectsOf } from "./values.ts";
import { viewNames } from "./views.ts";

/**
 * One or more captures as tables: `trace` (one row a record), and the metrics of sql/ once they are asked for.
 *
 *     await using trace = await openTrace(["run1.tpp"]);
 *     const rows = await trace.rows("SELECT flow, count(*) AS records FROM trace GROUP BY flow");
 *
 * Files may be .tpp captures or the Parquet that `analyze convert` writes; files of one rotated set are one capture. Throws an InputError, a NotACaptureError, or a
 * TemporaryDirectoryError.
 */
export async function openTrace(paths: readonly string[], options: OpenOptions = {}): Promise<Trace> {
  const directory = temporaryDirectory();
  let database: Database | undefined;
  try {
    database = await Database.open(directory);
    const loaded = new Set<string>();
    const cache = options.cache === false ? null : new Cache(options.cache ?? {}, options.say ?? (() => {}));
    const opened = await openCaptures(database, paths, { directory, loaded, cache, reading: options.reading ?? {} });
    return new Trace(database, opened, directory, loaded);
  } catch (error) {
    await database?.close();
    await removeTemporaryDirectory(directory);
    throw error;
  }
}

function temporaryDirectory(): string {
  try {
    return makeTemporaryDirectory(join(tmpdir(), "tcpprobe-"));
  } catch (error) {
    throw new TemporaryDirectoryError(tmpdir(), error);
  }
}

export interface OpenOptions {
  /** How .tpp files are read: how much text they may hold. */
  readonly reading?: WalkOptions;
  /** Parsed captures are kept in the user's cache directory for the next time, unless this is false. */
  readonly cache?: CacheOptions | false;
  /** Files outside the temporary directory that DuckDB may write: the `partial` of an OutputFile. */
  readonly outputs?: readonly string[];
  /** Is told, a line each, what only matters to somebody who looks for a fault: that nothing could be kept, say. */
  readonly say?: (text: string) => void;
}

export class Trace implements AsyncDisposable {
  readonly database: Database;
  readonly captures: readonly Capture[];
  readonly #directory: string;
  readonly #loaded: Set<string>;
  readonly #derived: Derived | null;
  #loading: Promise<void> = Promise.resolve();

  constructor(database: Database, { captures, derived }: Opened, directory: string, loaded: Set<string>) {
    this.database = database;
    this.captures = captures;
    this.#derived = derived;
    this.#directory = directory;
    this.#loaded = loaded;
  }

  /** Makes views of sql/ available by name (`flows`, `inflight`, `goodput`, …), with those they build on. */
  async need(...names: string[]): Promise<void> {
    // One after the other: queries may be asked at the same time, and each must find its views whole.
    const loading = this.#loading.then(async () => {
      const derived = this.#derived;
      for (const name of names)
        await this.database.load(name, this.#loaded, derived ? (need) => derived.restore(need) : undefined);
      await derived?.keep(this.#loaded);
    });
    this.#loading = loading.catch(() => {});
    await loading;
  }

  /** Sets the length of the windows of `goodput`, `rtt`, `fairness` and `limits_by_window`; 0.1 s until told otherwise. */
  async setWindow(seconds: number): Promise<void> {
    await this.database.run(`UPDATE settings SET window_s = ${seconds}`);
  }

  /** Loads the views that a query's text names. A name that only looks like one costs the time to make that metric. */
  async needOf(sql: string): Promise<void> {
    await this.need(...viewNames.filter((name) => new RegExp(`\\b${name}\\b`, "i").test(sql)));
  }

  /** One object a row, over `trace` and all views; 64-bit integers are numbers where a double holds them exactly, else text. */
  async rows<Row extends object = Record<string, SqlValue>>(sql: string): Promise<Row[]> {
    return objectsOf(await this.columns(sql)) as Row[];
  }

  /** The result by column. */
  async columns(sql: string): Promise<Columns> {
    await this.needOf(sql);
    return this.database.columns(sql);
  }

  /** One object a connection: the view `flows` (sql/flows.sql says what each column is). */
  async flows(): Promise<Record<string, SqlValue>[]> {
    return this.rows("SELECT * FROM flows ORDER BY flow");
  }

  /** A query's result as an Arrow table; types that Arrow cannot hold alike become text or doubles. */
  async arrow(sql: string): Promise<Table> {
    const { arrowTable } = await import("./output/arrow.ts");
    await this.needOf(sql);
    return arrowTable(this.database, sql);
  }

  /** A picture of one plot. Throws a MissingColumnError where the source lacks what it needs. */
  async plot(name: PlotName, options: PlotOptions = {}): Promise<Picture> {
    const [{ drawPlot }, { toSvg }, { Picture }] = await Promise.all([
      import("./plots/draw.ts"),
      import("./plots/render.ts"),
      import("./plots/picture.ts"),
    ]);
    const { spec, notes } = await drawPlot(this, name, options);
    return new Picture(
      spec,
      await toSvg(spec),
      [`${name} of ${this.captures.map(({ path }) => path).join(", ")}`, ...notes].join("; "),
    );
  }

  /** A file of this name in the trace's own temporary directory, which goes with it. */
  temporaryPath(name: string): string {
    return join(this.#directory, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
    await removeTemporaryDirectory(this.#directory);
  }
}
