/**
 * Restricts the files that DuckDB may touch. A mistake in our SQL, a query from somebody else's repository or a
 * malicious file can read and write only what is listed here. It cannot load extensions or lift the restriction.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { patternOf } from "./files.ts";
import { literal } from "./literals.ts";

export interface Access {
  /** Folders to read and write in. They need not exist yet. */
  readonly directories: readonly string[];
  /** Further files to read. */
  readonly files: readonly string[];
}

/** Statements that restrict DuckDB to `access`. */
export async function lockTo({ directories, files }: Access): Promise<string> {
  const folders = (await Promise.all(directories.map(namesOf))).flat().map((path) => `${path}/`);
  const paths = (await Promise.all(files.map(namesOf))).flat();
  const list = (values: readonly string[]) => `[${[...new Set(values)].map(literal).join(", ")}]`;
  return `
    SET GLOBAL allowed_directories = ${list(folders)};
    SET GLOBAL allowed_paths = ${list(paths)};
    SET GLOBAL enable_external_access = false;
    SET GLOBAL lock_configuration = true`;
}

/** The names under which DuckDB may see a path. It follows links, but compares patterns as written. */
async function namesOf(path: string): Promise<string[]> {
  const names = [resolve(path), await realpathOf(resolve(path))];
  return names.flatMap((name) => [name, patternOf(name)]);
}

/** The real path. Parts that do not exist yet keep their names. */
async function realpathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(await realpathOf(above), basename(path));
  }
}
