/** An open trace: the tables of one or more captures, and queries over them. */
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WalkOptions } from "@tcpprobe-plus/tpp";
import { Cache, type CacheOptions } from "../cache/cache.ts";
import type { Capture } from "../captures/capture.ts";
import { type Input, inputsOf } from "../captures/inputs.ts";
import { type Columns, Database, isMadeOf, type SqlValue, sqlTables } from "../database/database.ts";
import { numeral } from "../database/literals.ts";
import type { Access } from "../database/lock.ts";
import { objectsOf } from "../database/values.ts";
import { TemporaryDirectoryError, UsageError } from "../errors.ts";
import { scanThreads } from "../records/scan.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "../temporary.ts";
import { type Opened, openCaptures, streams, usualWindow } from "./open.ts";
import { keptViews, viewNames, windowedViews } from "./views.ts";

/** Opens captures for the commands. Programs use library.ts instead. */
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
    database = await Database.open(directory, accessTo(inputs, cache, options), streaming ? scanThreads : null);
    const loaded = new Set<string>();
    const opened = await openCaptures(database, inputs, {
      directory,
      loaded,
      cache,
      into: options.into ?? null,
      streams: streaming,
      follow: options.follow ? (options.reading ?? {}) : null,
    });
    return make(database, {
      ...opened,
      directory,
      loaded,
      loading: Promise.resolve(),
      ready: new Set(),
      stale: new Set(),
    });
  } catch (error) {
    await database?.close();
    await removeTemporaryDirectory(directory);
    throw error;
  }
}

/** Creates the temporary directory. Returns its real path, because DuckDB compares that with what it may touch. */
function temporaryDirectory(): string {
  try {
    return makeTemporaryDirectory(join(realpathSync(tmpdir()), "tcpprobe-"));
  } catch (error) {
    throw new TemporaryDirectoryError(tmpdir(), error);
  }
}

/** What DuckDB may touch besides its temporary directory. The restriction is in place before it reads any input. */
function accessTo(inputs: readonly Input[], cache: Cache | null, options: OpenOptions): Access | null {
  if (options.allowFiles) return null;
  const files = inputs.flatMap(({ kind, path }) => (kind === "parquet" ? [path] : []));
  return { directories: cache ? [cache.directory] : [], files: [...files, ...(options.outputs ?? [])] };
}

export interface OpenOptions {
  /** Limits for reading .tpp files: how much text they may hold. */
  readonly reading?: WalkOptions;
  /** The cache of parsed captures in the user's cache directory. False turns it off. */
  readonly cache?: CacheOptions | false;
  /** Files outside the temporary directory that DuckDB may write: the `partial` of an OutputFile. */
  readonly outputs?: readonly string[];
  /** One of `outputs`. The records of a single capture that is not cached are written to it while they are read. */
  readonly into?: string;
  /**
   * Declares that only `flows`, `limits`, `slow_start` or `_connections` are used. A single reading of the records
   * makes these. The records of a single capture that is not cached are then passed to the query while they are read,
   * and are not stored. Any other query reads the capture again.
   */
  readonly once?: boolean;
  /**
   * Lets queries do everything that DuckDB can: read and write files, change tables, load extensions. Use this only for
   * your own queries.
   */
  readonly allowFiles?: boolean;
  /** Follows captures that are still being written: `grow` reads what is added to them. */
  readonly follow?: boolean;
  /** Called with messages that help only with debugging, such as why nothing could be cached. */
  readonly say?: (text: string) => void;
}

/** The state that a trace shares with its copies for other windows. */
export interface Shared extends Opened {
  readonly directory: string;
  /** Names of the tables and views that exist. */
  readonly loaded: Set<string>;
  loading: Promise<void>;
  /** Those of `loaded` that can be queried: nothing that they are made from is being made. */
  readonly ready: Set<string>;
  /** Tables of sql/ that were made before a capture grew. */
  readonly stale: Set<string>;
}

export class Trace implements AsyncDisposable {
  readonly database: Database;
  readonly #shared: Shared;

  constructor(database: Database, shared: Shared) {
    this.database = database;
    this.#shared = shared;
  }

  /** The trace that the library uses for its own queries. */
  protected plain(): Trace {
    return this;
  }

  protected asPlain(): Trace {
    return new Trace(this.database, this.#shared);
  }

  get captures(): readonly Capture[] {
    return this.#shared.captures;
  }

  /** The file of `OpenOptions.into` if it now holds the records, otherwise null. */
  get written(): string | null {
    return this.#shared.written;
  }

  /** Makes views of sql/ (`flows`, `inflight`, `goodput`, …) and the views that they build on. */
  async need(...names: string[]): Promise<void> {
    const shared = this.#shared;
    const { stale, ready } = shared;
    const wanted: string[] = [];
    for (const name of names) if (!ready.has(name) || (await isMadeOf(name, stale))) wanted.push(name);
    if (wanted.length === 0) return;
    // One after the other, because queries may run at the same time and each needs complete views.
    const loading = shared.loading.then(async () => {
      const { derived, loaded } = shared;
      await this.#atOneMoment(async (database) => {
        for (const name of wanted) {
          await database.load(name, loaded, derived ? (need) => derived.restore(need) : undefined);
          if (stale.size > 0) await database.renew(name, stale);
        }
      });
      for (const name of wanted) ready.add(name);
      await derived?.keep(loaded);
    });
    shared.loading = loading.catch(() => {});
    await loading;
  }

  /**
   * Runs `work`, which makes tables. Tables of a capture that grows are all made of the same records, because one
   * transaction makes them; a number that two of them give would differ otherwise.
   */
  async #atOneMoment(work: (database: Database) => Promise<void>): Promise<void> {
    if (!this.isGrowing) return work(this.database);
    const { loaded, stale } = this.#shared;
    const before = [new Set(loaded), new Set(stale)] as const;
    const own = await this.database.connect();
    try {
      await own.run("BEGIN TRANSACTION");
      await work(own);
      await own.run("COMMIT");
    } catch (error) {
      // What was made is gone with the transaction. `stale` may have become more meanwhile.
      for (const name of loaded) if (!before[0].has(name)) loaded.delete(name);
      for (const name of before[1]) stale.add(name);
      throw error;
    } finally {
      await own.disconnect();
    }
  }

  /** Numbers of captures that are followed and whose end has not been seen. */
  get growing(): readonly number[] {
    return this.#shared.followed.filter(({ hasEnded }) => !hasEnded).map(({ number }) => number);
  }

  get isGrowing(): boolean {
    return this.growing.length > 0;
  }

  /**
   * Reads what was added to captures that are followed (`OpenOptions.follow`). Queries of views see it from then on.
   * Returns the number of records added, and what to tell the user. Calls must not overlap.
   */
  async grow(): Promise<{ readonly records: number; readonly notes: readonly string[] }> {
    const { followed, captures, loaded, stale } = this.#shared;
    const notes: string[] = [];
    let records = 0;
    let isNew = false;
    for (const one of followed) {
      const had = one.hasEnded;
      const grown = await one.grow();
      captures[one.number - 1] = grown.capture;
      records += grown.records;
      isNew ||= grown.records > 0 || had !== grown.hasEnded;
      notes.push(...grown.notes);
    }
    if (isNew) for (const name of sqlTables) if (loaded.has(name)) stale.add(name);
    return { records, notes };
  }

  /**
   * Sets the length of the windows of `goodput`, `rtt`, `fairness` and `limits_by_window`. The default is 0.1 s.
   */
  async setWindow(seconds: number): Promise<void> {
    await this.database.setVariable("window_s", windowSql(seconds));
  }

  /**
   * Runs `work` with a trace whose windows have another length. Queries of this trace keep their length, even
   * meanwhile.
   */
  async withWindow<Result>(seconds: number, work: (trace: Trace) => Promise<Result>): Promise<Result> {
    const database = await this.database.connect({ window_s: windowSql(seconds) });
    try {
      return await work(new Trace(database, this.#shared));
    } finally {
      await database.disconnect();
    }
  }

  /**
   * Makes the views that a query names. If a word only looks like the name of a view, the cost is the time to make it.
   * A view whose rows the cache keeps is made whole, for this query and those of later commands.
   */
  async needOf(sql: string): Promise<void> {
    await this.need(...viewNames.filter((name) => new RegExp(`\\b${name}\\b`, "i").test(sql)));
    await this.#keep(sql);
  }

  /**
   * Has the views that a query is about to read take their rows from the cache; see `Derived.keepView`. A query that
   * asks for some rows only (WHERE) is no reason to make them all.
   */
  async #keep(sql: string): Promise<void> {
    const shared = this.#shared;
    const { derived } = shared;
    const names = keptViews.filter((name) => new RegExp(`\\b(FROM|JOIN)\\s+${name}\\b`, "i").test(sql));
    if (derived === null || names.length === 0) return;
    const adds = !/\bWHERE\b/i.test(sql);
    const isUsual = this.database.variable("window_s") === usualWindow;
    const keeping = shared.loading.then(async () => {
      for (const name of names)
        if (!windowedViews.includes(name)) await derived.keepView(name, this.database, { adds, holds: null });
        else if (isUsual)
          await derived.keepView(name, this.database, { adds, holds: `getvariable('window_s') = ${usualWindow}` });
    });
    shared.loading = keeping.catch(() => {});
    await keeping;
  }

  /**
   * Runs a query over `trace` and all views and returns one object a row. 64-bit integers are numbers where a double
   * holds them exactly, otherwise text.
   */
  async rows<Row extends object = Record<string, SqlValue>>(sql: string): Promise<Row[]> {
    return objectsOf(await this.columns(sql)) as Row[];
  }

  /** The result by column. */
  async columns(sql: string): Promise<Columns> {
    await this.needOf(sql);
    return this.database.columns(sql);
  }

  /** The rows of the view `flows`, one object a connection. sql/flows.sql describes the columns. */
  async flows(): Promise<Record<string, SqlValue>[]> {
    return this.plain().rows("SELECT * FROM flows ORDER BY flow");
  }

  /** The path for a file of this name in the trace's temporary directory, which is removed with the trace. */
  temporaryPath(name: string): string {
    return join(this.#shared.directory, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#shared.followed) await one.close();
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
