/**
 * Limits how much text a file may hold for each of its bytes. zstd can expand 500 bytes to 16 MiB, any number of times.
 */
import { ExpansionError } from "../errors.ts";

/** Most bytes of text for each byte of the file. See docs/tpp-format.md, "Limits", for measurements. */
export const defaultMaxExpansion = 2000;

/** This much text is always allowed: reading it takes about a second. */
export const alwaysAllowedBytes = 64 * 1024 * 1024;

/** Sizes that a walk found. */
export interface WalkedSizes {
  readonly path: string;
  /** Bytes that the file takes on the disk. */
  readonly storedBytes: number;
  readonly maxExpansion: number;
  readonly frames: readonly { readonly rawBytes: number }[];
}

/**
 * Throws an ExpansionError if the frames claim more text than allowed. The default is the walk's own `maxExpansion`.
 */
export function checkExpansion(walk: WalkedSizes, maxExpansion: number = walk.maxExpansion): void {
  const { path, storedBytes, frames } = walk;
  const rawBytes = frames.reduce((sum, frame) => sum + frame.rawBytes, 0);
  if (rawBytes > Math.max(alwaysAllowedBytes, maxExpansion * storedBytes))
    throw new ExpansionError(path, rawBytes, storedBytes, maxExpansion);
}
