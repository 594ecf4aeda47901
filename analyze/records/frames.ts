/**
 * Data frames of a capture's files, one after the other, as text. Synchronous: the threads that read have nothing else
 * to do.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import type { TppFrame } from "@tcpprobe-plus/tpp";

/** A frame to be read. */
export interface FrameJob {
  readonly path: string;
  /** Which of the capture's files it is in. */
  readonly file: number;
  readonly frame: Pick<TppFrame, "number" | "offset" | "compressedBytes" | "rawBytes" | "checksum" | "lines">;
}

export class FrameFiles {
  #open: { path: string; descriptor: number } | null = null;

  /** The frame's text. Throws, with the reason, where it does not hold what it should. */
  read({ path, frame }: FrameJob): Uint8Array {
    const fail = (why: string): never => {
      throw new Error(`frame ${frame.number} at byte ${frame.offset} is damaged: ${why}`);
    };
    const compressed = Buffer.allocUnsafe(frame.compressedBytes);
    const bytes = readSync(this.#descriptor(path), compressed, 0, compressed.length, frame.offset);
    if (bytes !== compressed.length) fail("the file ends inside it");
    let raw: Buffer;
    try {
      raw = zstdDecompressSync(compressed, {
        maxOutputLength: Math.max(1, frame.rawBytes),
        chunkSize: frame.rawBytes + 64, // one chunk: by the default of 16 KiB it costs three times as much
      });
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      return fail(reasons[code] ?? `it does not decompress (${code})`);
    }
    if (raw.length !== frame.rawBytes) fail(`it holds ${raw.length} bytes, not ${frame.rawBytes}`);
    if (compressed.readUInt32LE(compressed.length - 4) !== frame.checksum) fail("it has changed since the walk");
    return raw;
  }

  #descriptor(path: string): number {
    if (this.#open?.path === path) return this.#open.descriptor;
    this.close();
    this.#open = { path, descriptor: openSync(path, "r") };
    return this.#open.descriptor;
  }

  close(): void {
    if (this.#open) closeSync(this.#open.descriptor);
    this.#open = null;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ZSTD_error_checksum_wrong: "its content checksum does not hold",
  ZSTD_error_corruption_detected: "its compressed data does not hold together",
  ERR_BUFFER_TOO_LARGE: "it holds more bytes than it should",
};
