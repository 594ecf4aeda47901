/**
 * Identifies files by device and inode, because hard links and bind mounts give one file several names.
 */
import { lstat, stat, unlink } from "node:fs/promises";

/** Distinguishes a file from all others that exist now. */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

export const isSameFile = (one: FileIdentity, other: FileIdentity): boolean =>
  one.dev === other.dev && one.ino === other.ino;

/** Whether the file is one of those at these paths. Links are followed, because reading follows them. */
export async function isOneOf(file: FileIdentity, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    const found = await stat(path).catch(() => null);
    if (found !== null && isSameFile(file, found)) return true;
  }
  return false;
}

/** Removes a name if it still refers to this file. Returns whether the name is gone. */
export async function removeFile(path: string, identity: FileIdentity): Promise<boolean> {
  const there = await lstat(path).catch(() => null);
  if (there === null || !isSameFile(there, identity)) return there === null;
  return await unlink(path).then(
    () => true,
    () => false,
  );
}
