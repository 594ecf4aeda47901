/** The names of a rotated set: run1.tpp becomes run1.0001.tpp, run1.0002.tpp, … */
import { lstatSync, readdirSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { headerOf, OutputExistsError, OutputOpenError } from "@tcpprobe-plus/tpp/write";
import { NotOfSetError, NotRemovedError } from "../errors.ts";

const digits = 4;

/** `attempt` from 2 on is for a name that is taken: run1.0002-2.tpp. */
export function numberedPath(path: string, number: number, attempt = 1): string {
  const suffix = extname(path);
  const stem = path.slice(0, path.length - suffix.length);
  const again = attempt === 1 ? "" : `-${attempt}`;
  return `${stem}.${String(number).padStart(digits, "0")}${again}${suffix}`;
}

interface SetFile {
  readonly path: string;
  /** That the name says. */
  readonly number: number;
}

/**
 * Files of an earlier set of that name would mix with a new one: refused with an OutputExistsError, or with `overwrite`
 * removed, when each says itself that it is the file of a set that its name says; else nothing is removed, and a
 * NotOfSetError names it. Returns how many were removed.
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
    return []; // opening the output says what is wrong with it
  }
}
