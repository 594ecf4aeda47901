import { createWriteStream } from "node:fs";
import { access, rename, rm, stat, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { AnalyzeError, OutputError, OutputExistsError } from "../errors.ts";

/**
 * Lets `write` make a file under another name beside `path` and puts it in place when it is whole, so that a failure
 * leaves neither half a file nor a lost one. Throws an OutputExistsError unless `force`.
 */
export async function writeWhole(path: string, force: boolean, write: (path: string) => Promise<void>): Promise<void> {
  await refuseExisting(path, force);
  // A device or a pipe is written to, not replaced.
  const inPlace = await stat(path).then(
    (found) => !found.isFile(),
    () => false,
  );
  const partial = inPlace ? path : partialOf(path);
  try {
    await write(partial);
    if (!inPlace) await rename(partial, path);
  } catch (error) {
    if (!inPlace) await rm(partial, { force: true });
    if (error instanceof AnalyzeError || !isFileError(error)) throw error;
    throw new OutputError(path, error);
  }
}

/** Where a file is written first. */
export const partialOf = (path: string): string => `${path}.partial-${process.pid}`;

/** Throws an OutputExistsError where the file is there and may not be overwritten. */
export async function refuseExisting(path: string, force: boolean): Promise<void> {
  if (force) return;
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new OutputExistsError(path);
}

export const writePieces = (path: string, pieces: AsyncIterable<Uint8Array | string>): Promise<void> =>
  pipeline(pieces, createWriteStream(path));

export const writeText = (path: string, text: string | Uint8Array): Promise<void> => writeFile(path, text);

/** Errors of the file system, from Node or (by its text) from DuckDB. */
const isFileError = (error: unknown): boolean =>
  error instanceof Error && ("code" in error || /IO Error|Permission denied|No space left/.test(error.message));
