/**
 * Tables and views that take long to make from a trace. They are read from the cache if an earlier command made them,
 * and otherwise made and kept.
 */
import { basename } from "node:path";
import { type ColumnInfo, type Database, sqlOf, sqlTables } from "../database/database.ts";
import { readParquet } from "../database/files.ts";
import { identifier, literal } from "../database/literals.ts";
import { metadataOf } from "../parquet/converted.ts";
import type { Cache } from "./cache.ts";

/**
 * Tables of sql/ that later commands need again. The tables of expiries are left out: only `rto_events` and `marks` use
 * them, and those are kept. None of the tables depends on `settings`, so they are the same for every command.
 */
export const keptTables: readonly string[] = sqlTables.filter((name) => !/^_expir/.test(name));
const keptKey = "tcpprobe_plus.kept";

/** The tables kept for one trace. */
export class Derived {
  readonly #database: Database;
  readonly #cache: Cache;
  readonly #entryOf: (name: string) => Promise<string>;
  /** Names of tables that are in the cache. */
  readonly #kept = new Set<string>();
  /** Names of views that read the cache, or could not be kept. */
  readonly #views = new Set<string>();

  private constructor(database: Database, cache: Cache, entryOf: (name: string) => Promise<string>) {
    this.#database = database;
    this.#cache = cache;
    this.#entryOf = entryOf;
  }

  /**
   * `parquet`: the file that holds all of the trace, or null if no single file does. Returns null where nothing is kept
   * for this trace.
   */
  static async of(database: Database, parquet: string | null, cache: Cache | null): Promise<Derived | null> {
    if (cache === null || parquet === null) return null;
    const entryOf = await cache.derivedEntriesOf(parquet);
    return entryOf && new Derived(database, cache, entryOf);
  }

  /** Reads the table `name` from the cache. Returns false if it is not there and has to be made. */
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

  /** Adds those tables in `loaded` to the cache that are not there yet. */
  async keep(loaded: ReadonlySet<string>): Promise<void> {
    if (!this.#cache.adds) return;
    for (const name of keptTables) {
      if (!loaded.has(name) || this.#kept.has(name)) continue;
      this.#kept.add(name);
      const entry = await this.#entryOf(name);
      await this.#cache.add(entry, (path) => this.#writeTable(name, path, entry));
    }
  }

  /**
   * Has queries of the view `name` read its rows from the cache. If they are not there and `adds` is true, they are
   * added first. The view must exist. It can have many rows, so they never become a table. `database`: a connection in
   * which it has the rows to keep. `holds`: a condition that is true wherever the view has these; null if it has no
   * others. Where it is not true, the view is made of the records, as before.
   */
  async keepView(
    name: string,
    database: Database,
    { adds, holds }: { readonly adds: boolean; readonly holds: string | null },
  ): Promise<void> {
    if (this.#views.has(name)) return;
    const entry = await this.#entryOf(name);
    if (await this.#cache.has(entry)) await this.#readView(name, entry, holds);
    if (this.#views.has(name) || !adds || !this.#cache.adds) return;
    if (await this.#cache.add(entry, (path) => this.#writeTable(name, path, entry, database)))
      await this.#readView(name, entry, holds);
    this.#views.add(name);
  }

  async #readView(name: string, entry: string, holds: string | null): Promise<void> {
    try {
      const kept = await this.#rowsIn(entry);
      let select = kept;
      if (holds !== null) {
        const made = (await sqlOf(name)).get(name)!.replace(/;\s*$/, "");
        select = `SELECT * FROM (${kept}) WHERE ${holds} UNION ALL SELECT * FROM (${made}) WHERE NOT (${holds})`;
      }
      await this.#database.run(`CREATE OR REPLACE VIEW ${name} AS ${select}`);
      this.#views.add(name);
    } catch (error) {
      await this.#cache.drop(entry, error);
    }
  }

  /** Parquet has no enumerations, so the columns' types are kept in the file's metadata. */
  async #writeTable(name: string, path: string, entry: string, database = this.#database): Promise<void> {
    const kept: Kept = { entry: basename(entry), columns: await database.describe(`SELECT * FROM ${name}`) };
    await database.run(
      `COPY ${name} TO ${literal(path)} (FORMAT parquet, USE_TMP_FILE false, KV_METADATA {${literal(keptKey)}: ${literal(JSON.stringify(kept))}})`,
    );
  }

  async #readTable(name: string, path: string): Promise<void> {
    await this.#database.run(`CREATE TABLE ${name} AS ${await this.#rowsIn(path)}`);
  }

  /** A SELECT of the rows in an entry, with the types that they had. */
  async #rowsIn(path: string): Promise<string> {
    const metadata = await metadataOf(this.#database, path, [keptKey]);
    const { entry, columns } = JSON.parse(metadata.get(keptKey) ?? "{}") as Partial<Kept>;
    if (entry !== basename(path) || !columns?.every(isKeptColumn))
      throw new Error("the entry belongs to another trace");
    const list = columns.map(({ name, type }) => `${identifier(name)}::${type} AS ${identifier(name)}`);
    return `SELECT ${list.join(", ")} FROM ${readParquet(path)}`;
  }
}

/** The metadata of a kept table. */
interface Kept {
  /** Name of the entry. */
  readonly entry: string;
  readonly columns: readonly ColumnInfo[];
}

/** A type by name, or an enumeration of plain words. */
const keptType = /^([A-Z]+(\[\])?|ENUM\('[A-Za-z ]+'(, '[A-Za-z ]+')*\))$/;

const isKeptColumn = ({ name, type }: ColumnInfo): boolean => typeof name === "string" && keptType.test(type);
