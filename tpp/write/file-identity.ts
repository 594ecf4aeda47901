/**
 * Which file a name stands for, whatever the name: by device and inode, as a hard link and a bind mount have another
 * name.
 */
import { lstat, stat, unlink } from "node:fs/promises";

/** What tells a file from every other that is there now. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

export const isSameFile = (one: FileIdentity, other: FileIdentity): boolean =>
  one.dev === other.dev && one.ino === other.ino;

/** Of the paths, links are followed: they lead to what is read. */
export async function isOneOf(file: FileIdentity, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found !== null && isSameFile(file, found)) return true;
  }
  return false;
}

/** Removes a name while it still is that file's. Returns whether it is gone. */
export async function removeFile(path: string, identity: FileIdentity): Promise<boolean> {
  const there = await lstat(path).catch(() => null);
  if (there === null || !isSameFile(there, identity)) return there === null;
  return await unlink(path).then(
    () => true,
    () => false,
  );
}
