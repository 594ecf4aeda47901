/** What is made of a trace and takes long to make: its steps and some small tables. In the cache, where an earlier command has made them, else to be made and kept. */
import { copyFile, link } from "node:fs/promises";
import { join } from "node:path";
import { type ColumnInfo, type Database, identifier, literal } from "../database.ts";
import type { Cache } from "./cache.ts";
import { metadataOf } from "./parquet.ts";

/** Tables of sql/ that hold little of what they are made of. None depends on `settings`, so they are the same for every command. */
export const keptTables: readonly string[] = [
  "_lives",
  "slow_start",
  "limits",
  "episodes",
  "rto_events",
  "flows",
  "marks",
];
/** Makes the file that `_steps` reads. */
const stepsFile = "_steps_file";
const typesKey = "tcpprobe_plus.types";

/** What is kept beside one trace. */
export class Derived {
  readonly #database: Database;
  readonly #cache: Cache;
  readonly #entryOf: (name: string) => Promise<string>;
  /** Where the steps are written if they have to be made. */
  readonly #stepsPath: string;
  /** Kept by now, or found. */
  readonly #kept = new Set<string>();

  private constructor(
    database: Database,
    { cache, entryOf, stepsPath }: { cache: Cache; entryOf: (name: string) => Promise<string>; stepsPath: string },
  ) {
    this.#database = database;
    this.#cache = cache;
    this.#entryOf = entryOf;
    this.#stepsPath = stepsPath;
  }

  /**
   * Tells the views where the steps will be. `parquet`: the one file that holds all of the trace; null where there is none. Null
   * where nothing is kept of it.
   */
  static async of(
    database: Database,
    parquet: string | null,
    { directory, cache }: { directory: string; cache: Cache | null },
  ): Promise<Derived | null> {
    const stepsPath = join(directory, "steps.parquet");
    await database.run(`SET VARIABLE steps_path = ${literal(stepsPath)}`);
    if (cache === null || parquet === null) return null;
    const entryOf = await cache.derivedEntriesOf(parquet);
    return entryOf && new Derived(database, { cache, entryOf, stepsPath });
  }

  /** Takes what sql/NAME.sql makes from the cache. False: it has to be made. */
  async restore(name: string): Promise<boolean> {
    if (name !== stepsFile && !keptTables.includes(name)) return false;
    const entry = await this.#entryOf(name);
    if (!(await this.#cache.has(entry))) return false;
    try {
      if (name === stepsFile) {
        await this.#database.rows(`SELECT count(*) FROM read_parquet(${literal(entry)})`);
        await this.#database.run(`SET VARIABLE steps_path = ${literal(entry)}`);
      } else {
        await this.#readTable(name, entry);
      }
      this.#kept.add(name);
      return true;
    } catch (error) {
      await this.#cache.drop(entry, error);
      return false;
    }
  }

  /** Keeps what has been made, of the names in `loaded`, for the next command. */
  async keep(loaded: ReadonlySet<string>): Promise<void> {
    if (!this.#cache.adds) return;
    for (const name of [stepsFile, ...keptTables]) {
      if (!loaded.has(name) || this.#kept.has(name)) continue;
      this.#kept.add(name);
      await this.#cache.add(await this.#entryOf(name), (path) =>
        name === stepsFile ? this.#linkSteps(path) : this.#writeTable(name, path),
      );
    }
  }

  /** On one file system, the steps need not be written twice. */
  async #linkSteps(path: string): Promise<void> {
    await link(this.#stepsPath, path).catch(() => copyFile(this.#stepsPath, path));
  }

  /** Parquet has no enumerations: the columns' types are in the file's metadata. */
  async #writeTable(name: string, path: string): Promise<void> {
    const types = JSON.stringify(await this.#database.describe(`SELECT * FROM ${name}`));
    await this.#database.run(
      `COPY ${name} TO ${literal(path)} (FORMAT parquet, KV_METADATA {${literal(typesKey)}: ${literal(types)}})`,
    );
  }

  async #readTable(name: string, path: string): Promise<void> {
    const types = JSON.parse((await metadataOf(this.#database, path)).get(typesKey)!) as ColumnInfo[];
    const columns = types.map(({ name, type }) => `${identifier(name)}::${type} AS ${identifier(name)}`);
    await this.#database.run(
      `CREATE TEMP TABLE ${name} AS SELECT ${columns.join(", ")} FROM read_parquet(${literal(path)})`,
    );
  }
}
