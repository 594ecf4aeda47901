/**
 * Small tables that take long to make from a trace. They are read from the cache if an earlier command made them, and
 * otherwise made and kept.
 */
import { basename } from "node:path";
import { type ColumnInfo, type Database, sqlTables } from "../database/database.ts";
import { readParquet } from "../database/files.ts";
import { identifier, literal } from "../database/literals.ts";
import { metadataOf } from "../parquet/converted.ts";
import type { Cache } from "./cache.ts";

/**
 * Tables of sql/ that a command asks for again; those of expiries are of use to `rto_events` and `marks` alone, which
 * are kept. None depends on `settings`, so they are the same for every command.
 */
export const keptTables: readonly string[] = sqlTables.filter((name) => !/^_expir/.test(name));
const keptKey = "tcpprobe_plus.kept";

/** What is kept beside one trace. */
export class Derived {
  readonly #database: Database;
  readonly #cache: Cache;
  readonly #entryOf: (name: string) => Promise<string>;
  /** Kept by now, or found. */
  readonly #kept = new Set<string>();

  private constructor(database: Database, cache: Cache, entryOf: (name: string) => Promise<string>) {
    this.#database = database;
    this.#cache = cache;
    this.#entryOf = entryOf;
  }

  /**
   * `parquet`: the one file that holds all of the trace; null where there is none. Null where nothing is kept of it.
   */
  static async of(database: Database, parquet: string | null, cache: Cache | null): Promise<Derived | null> {
    if (cache === null || parquet === null) return null;
    const entryOf = await cache.derivedEntriesOf(parquet);
    return entryOf && new Derived(database, cache, entryOf);
  }

  /** Takes what sql/NAME.sql makes from the cache. False: it has to be made. */
  async restore(name: string): Promise<boolean> {
    if (!keptTables.includes(name)) return false;
    const entry = await this.#entryOf(name);
    if (!(await this.#cache.has(entry))) return false;
    try {
      await this.#readTable(name, entry);
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
    for (const name of keptTables) {
      if (!loaded.has(name) || this.#kept.has(name)) continue;
      this.#kept.add(name);
      const entry = await this.#entryOf(name);
      await this.#cache.add(entry, (path) => this.#writeTable(name, path, entry));
    }
  }

  /** Parquet has no enumerations: the columns' types are in the file's metadata. */
  async #writeTable(name: string, path: string, entry: string): Promise<void> {
    const kept: Kept = { entry: basename(entry), columns: await this.#database.describe(`SELECT * FROM ${name}`) };
    await this.#database.run(
      `COPY ${name} TO ${literal(path)} (FORMAT parquet, USE_TMP_FILE false, KV_METADATA {${literal(keptKey)}: ${literal(JSON.stringify(kept))}})`,
    );
  }

  async #readTable(name: string, path: string): Promise<void> {
    const metadata = await metadataOf(this.#database, path, [keptKey]);
    const { entry, columns } = JSON.parse(metadata.get(keptKey) ?? "{}") as Partial<Kept>;
    if (entry !== basename(path) || !columns?.every(isKeptColumn)) throw new Error("the entry is of something else");
    const list = columns.map(({ name, type }) => `${identifier(name)}::${type} AS ${identifier(name)}`);
    await this.#database.run(`CREATE TABLE ${name} AS SELECT ${list.join(", ")} FROM ${readParquet(path)}`);
  }
}

/** What is said of a kept table in its metadata. */
interface Kept {
  /** Name of the entry. */
  readonly entry: string;
  readonly columns: readonly ColumnInfo[];
}

/** A type by name, or an enumeration of plain words. */
const keptType = /^([A-Z]+(\[\])?|ENUM\('[A-Za-z ]+'(, '[A-Za-z ]+')*\))$/;

const isKeptColumn = ({ name, type }: ColumnInfo): boolean => typeof name === "string" && keptType.test(type);
