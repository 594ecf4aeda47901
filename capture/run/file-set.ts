/** The names of a rotated set: run1.tpp becomes run1.0001.tpp, run1.0002.tpp, … */
import { readdirSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { OutputExistsError } from "@tcpprobe-plus/tpp";

const digits = 4;

export function numberedPath(path: string, number: number): string {
  const suffix = extname(path);
  const stem = path.slice(0, path.length - suffix.length);
  return `${stem}.${String(number).padStart(digits, "0")}${suffix}`;
}

/**
 * Files of an earlier set of that name would mix with a new one: refused with an OutputExistsError, or with `overwrite`
 * removed. Returns how many were removed.
 */
export async function clearEarlierSet(path: string, overwrite: boolean): Promise<number> {
  const suffix = extname(path);
  const stem = `${basename(path, suffix)}.`;
  const isOfSet = (name: string): boolean =>
    name.startsWith(stem) &&
    name.endsWith(suffix) &&
    /^\d{4,}$/.test(name.slice(stem.length, name.length - suffix.length));
  const found = namesIn(dirname(path)).filter(isOfSet).sort();
  if (found.length > 0 && !overwrite) throw new OutputExistsError(join(dirname(path), found[0]!));
  for (const name of found) await unlink(join(dirname(path), name));
  return found.length;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // opening the output says what is wrong with it
  }
}
