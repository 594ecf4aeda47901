/** Checks imports against the table of folders. */
import { type Folder, folders as table } from "./folders.ts";
import type { Import } from "./imports.ts";

/** The entry that a file belongs to: the longest that matches. */
export function folderOf(path: string, folders: readonly Folder[] = table): Folder | undefined {
  const fitting = folders.filter((one) => path === one.path || path.startsWith(`${one.path}/`));
  return fitting.sort((a, b) => b.path.length - a.path.length)[0];
}

const isTest = (path: string): boolean => /(^|\/)test\//.test(path);
const isProduct = (path: string): boolean => /^(analyze|capture|tpp|lab)\//.test(path) && !isTest(path);

/**
 * A line for each import that the table does not allow. Scripts may import everything except tests. Tests and notebooks
 * may import anything.
 */
export function forbidden(imports: readonly Import[], folders: readonly Folder[] = table): string[] {
  return imports.flatMap(({ from, to }) => {
    if (from.startsWith("scripts/")) return isTest(to) ? [`${from} imports ${to}: a script uses no test`] : [];
    if (!isProduct(from)) return [];
    const own = folderOf(from, folders);
    if (!own) return [`${from} is in no folder of scripts/structure/folders.ts`];
    const other = folderOf(to, folders)?.path ?? to;
    if (other === own.path || own.imports.includes(other)) return [];
    return [`${from} imports ${to}: ${own.path} may not know ${other} (scripts/structure/folders.ts)`];
  });
}
