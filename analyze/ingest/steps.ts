/** Where the steps of a trace (sql/_steps.sql) are: in the cache, where an earlier command has made them, else to be made. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { type Database, literal } from "../database.ts";
import type { Cache } from "./cache.ts";

/** Keeps the steps for the next command once they are made; null: they are not to be kept, or are kept already. */
export type KeepSteps = (() => Promise<void>) | null;

/** Tells the views where the steps are. `parquet`: the one file that holds all of the trace; null where there is none. */
export async function findSteps(
  database: Database,
  parquet: string | null,
  { directory, loaded, cache }: { directory: string; loaded: Set<string>; cache: Cache | null },
): Promise<KeepSteps> {
  const use = (path: string) => database.run(`SET VARIABLE steps_path = ${literal(path)}`);
  const entry = parquet === null ? null : ((await cache?.stepsEntryOf(parquet)) ?? null);
  if (cache && entry !== null && (await cache.has(entry))) {
    try {
      await database.rows(`SELECT count(*) FROM read_parquet(${literal(entry)})`);
      await use(entry);
      loaded.add("_steps_file");
      return null;
    } catch (error) {
      await cache.drop(entry, error);
    }
  }
  const made = join(directory, "steps.parquet");
  await use(made);
  if (!cache?.adds || entry === null) return null;
  return async () => {
    await cache.add(entry, (path) => copyFile(made, path));
  };
}
