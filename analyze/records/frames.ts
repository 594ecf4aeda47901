/**
 * Reads data frames of a capture's files as text. Reads are synchronous: a reading thread has nothing else to do
 * meanwhile.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { zstdDecompressSync } from "node:zlib";
import { damaged, decompression, endsInside, faultOf, refusalOf, type TppFrame } from "@tcpprobe-plus/tpp";

/** A frame to be read. */
export interface FrameJob {
  readonly path: string;
  /** Index of its file among the capture's files. */
  readonly file: number;
  readonly frame: Pick<TppFrame, "number" | "offset" | "compressedBytes" | "rawBytes" | "checksum" | "lines">;
}

export class FrameFiles {
  #open: { path: string; descriptor: number } | null = null;

  /** The frame's text. Throws with the reason if the frame is damaged. */
  read({ path, frame }: FrameJob): Uint8Array {
    const compressed = Buffer.allocUnsafe(frame.compressedBytes);
    const bytes = readSync(this.#descriptor(path), compressed, 0, compressed.length, frame.offset);
    if (bytes !== compressed.length) throw damaged(frame, endsInside);
    let raw: Buffer;
    try {
      raw = zstdDecompressSync(compressed, decompression(frame));
    } catch (error) {
      throw damaged(frame, refusalOf(error as NodeJS.ErrnoException));
    }
    const fault = faultOf(frame, compressed, raw);
    if (fault !== null) throw damaged(frame, fault);
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
