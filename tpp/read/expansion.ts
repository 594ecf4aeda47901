/**
 * How much text a file may hold for each of its bytes. zstd can make 16 MiB of 500 bytes, as often as somebody likes.
 */
import { ExpansionError } from "../errors.ts";

/** Bytes of text for each byte of the file; docs/tpp-format.md, "Limits", has what was measured. */
export const defaultMaxExpansion = 2000;

/** So much text is never too much: reading it takes about a second. */
export const alwaysAllowedBytes = 64 * 1024 * 1024;

/** What is known of a file that was walked. */
export interface WalkedSizes {
  readonly path: string;
  /** Bytes that the file takes on the disk. */
  readonly storedBytes: number;
  readonly maxExpansion: number;
  readonly frames: readonly { readonly rawBytes: number }[];
}

/**
 * Throws an ExpansionError where the frames claim more text than allowed; the walk's own `maxExpansion` unless told.
 */
export function checkExpansion(walk: WalkedSizes, maxExpansion: number = walk.maxExpansion): void {
  const { path, storedBytes, frames } = walk;
  const rawBytes = frames.reduce((sum, frame) => sum + frame.rawBytes, 0);
  if (rawBytes > Math.max(alwaysAllowedBytes, maxExpansion * storedBytes))
    throw new ExpansionError(path, rawBytes, storedBytes, maxExpansion);
}
