/** An open trace: the tables of one or more captures, and queries over them. */
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WalkOptions } from "@tcpprobe-plus/tpp";
import { Cache, type CacheOptions } from "../cache/cache.ts";
import type { Capture } from "../captures/capture.ts";
import { type Input, inputsOf } from "../captures/inputs.ts";
import { type Columns, Database, type SqlValue } from "../database/database.ts";
import { numeral } from "../database/literals.ts";
import type { Access } from "../database/lock.ts";
import { objectsOf } from "../database/values.ts";
import { TemporaryDirectoryError, UsageError } from "../errors.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../temporary.ts";
import { type Opened, openCaptures, streams } from "./open.ts";
import { viewNames } from "./views.ts";

/** Opens captures for the commands; library.ts does it for programs. */
export const openTrace = (paths: readonly string[], options: OpenOptions = {}): Promise<Trace> =>
  openTraceAs(paths, options, (database, shared) => new Trace(database, shared));

/** Throws a UsageError, an InputError, a NotACaptureError, or a TemporaryDirectoryError. */
export async function openTraceAs<Kind extends Trace>(
  paths: readonly string[],
  options: OpenOptions,
  make: (database: Database, shared: Shared) => Kind,
): Promise<Kind> {
  if (paths.length === 0) throw new UsageError("no capture is given. Name one or more");
  const directory = temporaryDirectory();
  let database: Database | undefined;
  try {
    const inputs = await inputsOf(paths, options.reading ?? {});
    const cache = options.cache === false ? null : new Cache(options.cache ?? {}, options.say ?? (() => {}));
    const streaming = options.once === true && (await streams(inputs, cache));
    database = await Database.open(directory, accessTo(inputs, cache, options), streaming);
    const loaded = new Set<string>();
    const opened = await openCaptures(database, inputs, {
      directory,
      loaded,
      cache,
      into: options.into ?? null,
      streams: streaming,
    });
    return make(database, { ...opened, directory, loaded, loading: Promise.resolve() });
  } catch (error) {
    await database?.close();
    await removeTemporaryDirectory(directory);
    throw error;
  }
}

/** By its real path, since DuckDB compares that with what it may touch. */
function temporaryDirectory(): string {
  try {
    return makeTemporaryDirectory(join(realpathSync(tmpdir()), "tcpprobe-"));
  } catch (error) {
    throw new TemporaryDirectoryError(tmpdir(), error);
  }
}

/** What DuckDB may touch besides its temporary directory. It is held to this before it reads any input. */
function accessTo(inputs: readonly Input[], cache: Cache | null, options: OpenOptions): Access | null {
  if (options.allowFiles) return null;
  const files = inputs.flatMap(({ kind, path }) => (kind === "parquet" ? [path] : []));
  return { directories: cache ? [cache.directory] : [], files: [...files, ...(options.outputs ?? [])] };
}

export interface OpenOptions {
  /** How .tpp files are read: how much text they may hold. */
  readonly reading?: WalkOptions;
  /** Parsed captures are kept in the user's cache directory for the next time, unless this is false. */
  readonly cache?: CacheOptions | false;
  /** Files outside the temporary directory that DuckDB may write: the `partial` of an OutputFile. */
  readonly outputs?: readonly string[];
  /** One of `outputs`: the records of a single capture that is not cached are written to it as they are read. */
  readonly into?: string;
  /**
   * Only `flows`, `limits`, `slow_start` or `_connections` are wanted, which one reading of the records makes. Of one
   * capture that nothing is kept of the records then go to the query as they are read, and are written nowhere. What
   * else is asked reads the capture once more.
   */
  readonly once?: boolean;
  /**
   * Lets queries do all that DuckDB can: read and write files, change tables, load extensions. For queries of your own
   * alone.
   */
  readonly allowFiles?: boolean;
  /** Receives lines that matter only for finding a fault, such as why nothing could be cached. */
  readonly say?: (text: string) => void;
}

/** What a trace and its copies with other windows have in common. */
export interface Shared extends Opened {
  readonly directory: string;
  /** Names of the views that are there. */
  readonly loaded: Set<string>;
  loading: Promise<void>;
}

export class Trace implements AsyncDisposable {
  readonly database: Database;
  readonly #shared: Shared;

  constructor(database: Database, shared: Shared) {
    this.database = database;
    this.#shared = shared;
  }

  /** The trace for what the library asks itself. */
  protected plain(): Trace {
    return this;
  }

  protected asPlain(): Trace {
    return new Trace(this.database, this.#shared);
  }

  get captures(): readonly Capture[] {
    return this.#shared.captures;
  }

  /** The file of `OpenOptions.into`, if the records are in it now. Null: they are elsewhere. */
  get written(): string | null {
    return this.#shared.written;
  }

  /** Makes views of sql/ available by name (`flows`, `inflight`, `goodput`, …), with those they build on. */
  async need(...names: string[]): Promise<void> {
    const shared = this.#shared;
    // One after the other: queries may run at the same time, and each needs complete views.
    const loading = shared.loading.then(async () => {
      const { derived, loaded } = shared;
      for (const name of names)
        await this.database.load(name, loaded, derived ? (need) => derived.restore(need) : undefined);
      await derived?.keep(loaded);
    });
    shared.loading = loading.catch(() => {});
    await loading;
  }

  /**
   * Sets the length of the windows of `goodput`, `rtt`, `fairness` and `limits_by_window`; 0.1 s until told otherwise.
   */
  async setWindow(seconds: number): Promise<void> {
    await this.database.setVariable("window_s", windowSql(seconds));
  }

  /**
   * Does some work with windows of another length. Queries of the trace itself keep their length, during that work and
   * after it.
   */
  async withWindow<Result>(seconds: number, work: (trace: Trace) => Promise<Result>): Promise<Result> {
    const database = await this.database.connect({ window_s: windowSql(seconds) });
    try {
      return await work(new Trace(database, this.#shared));
    } finally {
      await database.disconnect();
    }
  }

  /** Loads the views that a query names. A word that merely looks like a view's name only costs the time to make it. */
  async needOf(sql: string): Promise<void> {
    await this.need(...viewNames.filter((name) => new RegExp(`\\b${name}\\b`, "i").test(sql)));
  }

  /**
   * One object a row, over `trace` and all views; 64-bit integers are numbers where a double holds them exactly, else
   * text.
   */
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
    return this.plain().rows("SELECT * FROM flows ORDER BY flow");
  }

  /** A file of this name in the trace's own temporary directory, which goes with it. */
  temporaryPath(name: string): string {
    return join(this.#shared.directory, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
    await this.#shared.streamed?.close();
    await removeTemporaryDirectory(this.#shared.directory);
  }
}

function windowSql(seconds: number): string {
  if (typeof seconds !== "number" || !(seconds >= 1e-6 && seconds <= 1e9))
    throw new UsageError(`${seconds}: not the length of a window. Give seconds, from 1e-6 to 1e9`);
  return `${numeral(seconds)}::DOUBLE`;
}
