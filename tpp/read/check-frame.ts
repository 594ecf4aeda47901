/** Checks a data frame after it has been decompressed. */
import type { TppFrame } from "./walk-state.ts";

type Checked = Pick<TppFrame, "number" | "offset" | "compressedBytes" | "rawBytes" | "checksum">;

/** Options for zlib to decompress a frame. */
export const decompression = ({ rawBytes }: Pick<TppFrame, "rawBytes">) => ({
  maxOutputLength: Math.max(1, rawBytes),
  chunkSize: rawBytes + 64, // one chunk: with the default of 16 KiB it takes three times as long
});

const reasons: Readonly<Record<string, string>> = {
  ZSTD_error_checksum_wrong: "its content checksum does not match",
  ZSTD_error_corruption_detected: "its compressed data is corrupt",
  ERR_BUFFER_TOO_LARGE: "it holds more bytes than it should",
};

/** Why zlib refused a frame. */
export const refusalOf = ({ code = "" }: NodeJS.ErrnoException): string =>
  reasons[code] ?? `it does not decompress (${code})`;

export const endsInside = "the file ends inside it";

/** How a decompressed frame differs from what the walk saw. Null if it does not. */
export function faultOf(frame: Checked, compressed: Buffer, raw: Uint8Array): string | null {
  if (raw.length !== frame.rawBytes) return `it holds ${raw.length} bytes, not ${frame.rawBytes}`;
  return compressed.readUInt32LE(compressed.length - 4) === frame.checksum ? null : "it has changed since the walk";
}

export const damaged = ({ number, offset }: Checked, why: string): Error =>
  new Error(`frame ${number} at byte ${offset} is damaged: ${why}`);
