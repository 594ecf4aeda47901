/** What a data frame must hold once it is read: whoever decompresses one asks here. */
import type { TppFrame } from "./walk-state.ts";

type Checked = Pick<TppFrame, "number" | "offset" | "compressedBytes" | "rawBytes" | "checksum">;

/** How zlib is asked to decompress a frame. */
export const decompression = ({ rawBytes }: Pick<TppFrame, "rawBytes">) => ({
  maxOutputLength: Math.max(1, rawBytes),
  chunkSize: rawBytes + 64, // one chunk: by the default of 16 KiB it costs three times as much
});

const reasons: Readonly<Record<string, string>> = {
  ZSTD_error_checksum_wrong: "its content checksum does not hold",
  ZSTD_error_corruption_detected: "its compressed data does not hold together",
  ERR_BUFFER_TOO_LARGE: "it holds more bytes than it should",
};

/** What zlib says of a frame that it refuses. */
export const refusalOf = ({ code = "" }: NodeJS.ErrnoException): string =>
  reasons[code] ?? `it does not decompress (${code})`;

export const endsInside = "the file ends inside it";

/** Why a decompressed frame is not what the walk saw; null: it is. */
export function faultOf(frame: Checked, compressed: Buffer, raw: Uint8Array): string | null {
  if (raw.length !== frame.rawBytes) return `it holds ${raw.length} bytes, not ${frame.rawBytes}`;
  return compressed.readUInt32LE(compressed.length - 4) === frame.checksum ? null : "it has changed since the walk";
}

export const damaged = ({ number, offset }: Checked, why: string): Error =>
  new Error(`frame ${number} at byte ${offset} is damaged: ${why}`);
