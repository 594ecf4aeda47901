/**
 * The folder for built modules. Root loads code from it, so only root may write to it and to every folder above it. A
 * user who can write to one of those could replace the folder below.
 */
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { CacheError } from "../errors.ts";

/** HOME and XDG_CACHE_HOME are ignored, because sudo may keep another user's. */
export const cacheFolder = (): string => "/var/cache/tcpprobe_plus/module-builds";

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);
const othersWrite = 0o022;

/** The folder and its parents, the root first. */
function withParents(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...withParents(parent), path];
}

/** Throws a CacheError unless only root can change what the path refers to. A sticky folder is not enough. */
export function checkFolder(path: string): void {
  for (const folder of withParents(path)) {
    const found = statusOf(folder);
    if (found.isSymbolicLink()) throw new CacheError(folder, "it is a symbolic link");
    if (!found.isDirectory()) throw new CacheError(folder, "it is not a folder");
    if (found.uid !== 0) throw new CacheError(folder, `it belongs to user ${found.uid}, not to root`);
    if (found.mode & othersWrite) throw new CacheError(folder, "others than root may write to it");
  }
}

function statusOf(path: string) {
  try {
    return lstatSync(path);
  } catch (error) {
    throw new CacheError(path, codeOf(error));
  }
}

/** Creates missing folders, for root alone, and checks all of them. Throws a CacheError. */
export function makeFolder(path: string): void {
  for (const folder of withParents(path).slice(1)) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw new CacheError(folder, codeOf(error));
    }
  }
  checkFolder(path);
}

/**
 * Opens a module that root is going to load. The check applies to the open file, whatever its name refers to later.
 * Throws a CacheError.
 */
export function openModule(path: string): number {
  checkFolder(dirname(path));
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new CacheError(path, codeOf(error));
  }
  const found = fstatSync(fd);
  if (found.isFile() && found.uid === 0 && found.nlink === 1 && !(found.mode & othersWrite)) return fd;
  closeSync(fd);
  throw new CacheError(path, "it is not a file that only root may write to");
}

export const moduleIn = (folder: string): string => join(folder, "tcpprobe_plus.ko");
