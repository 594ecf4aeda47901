/** The names of a rotated set: run1.tpp becomes run1.0001.tpp, run1.0002.tpp, … */
import { lstatSync, readdirSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { headerOf, OutputExistsError, OutputOpenError } from "@tcpprobe-plus/tpp/write";
import { NotOfSetError, NotRemovedError } from "../errors.ts";

const digits = 4;

/** The name of a file of a set. If it is taken, `attempt` is 2 or more: run1.0002-2.tpp. */
export function numberedPath(path: string, number: number, attempt = 1): string {
  const suffix = extname(path);
  const stem = path.slice(0, path.length - suffix.length);
  const again = attempt === 1 ? "" : `-${attempt}`;
  return `${stem}.${String(number).padStart(digits, "0")}${again}${suffix}`;
}

interface SetFile {
  readonly path: string;
  /** The number in the name. */
  readonly number: number;
}

/**
 * Removes files of an earlier set of the same name, which would mix with those of the new one. Without `overwrite` it
 * throws an OutputExistsError instead. A file counts as part of a set only if its header has the number in its name. If
 * one does not, nothing is removed, and a NotOfSetError names it. Returns the number of files removed.
 */
export async function clearEarlierSet(path: string, overwrite: boolean): Promise<number> {
  if (path.endsWith("/") || isFolder(path)) {
    throw new OutputOpenError(path, Object.assign(new Error("a folder"), { code: "EISDIR" }));
  }
  const found = filesNamedLikeSet(path);
  for (const file of found) if (headerOf(file.path)?.set?.number !== file.number) throw new NotOfSetError(file.path);
  if (found.length > 0 && !overwrite) throw new OutputExistsError(found[0]!.path);
  for (const { path } of found) {
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw new NotRemovedError(path, error);
    });
  }
  return found.length;
}

function filesNamedLikeSet(path: string): SetFile[] {
  const suffix = extname(path);
  const stem = `${basename(path, suffix)}.`;
  return namesIn(dirname(path))
    .filter((name) => name.startsWith(stem) && name.endsWith(suffix) && name.length > stem.length + suffix.length)
    .flatMap((name) => {
      const [, number] = /^(\d{4,})(?:-\d+)?$/.exec(name.slice(stem.length, name.length - suffix.length)) ?? [];
      return number === undefined ? [] : [{ path: join(dirname(path), name), number: Number(number) }];
    })
    .sort((a, b) => a.path.localeCompare(b.path));
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // opening the output will report the error
  }
}
