/** The file under a writer: appends whole frames, and leaves nothing but whole frames behind when the disk is full. */
import { constants } from "node:fs";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { DiskFullError, OutputDirectoryError, OutputExistsError, OutputOpenError, OutputWriteError } from "./errors.ts";
import type { LossTotals, TppCheckpoint, TppHeader, TppTrailer } from "./header.ts";
import { encodeMetadata } from "./metadata.ts";
import { encodeSeekTable, type SeekEntry, skippableEntry } from "./seek-table.ts";

export interface DataFrame {
  readonly compressed: Buffer;
  readonly rawBytes: number;
  readonly lines: number;
}

const fullDisk = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export class FrameSink {
  readonly path: string;
  readonly captureId: string;
  readonly #file: FileHandle;
  readonly #entries: SeekEntry[] = [];
  #bytes = 0;
  #frames = 0;
  #lines = 0;
  #rawBytes = 0;

  private constructor(path: string, captureId: string, file: FileHandle) {
    this.path = path;
    this.captureId = captureId;
    this.#file = file;
  }

  /** Creates the file (never over an existing one unless told) and writes the header. */
  static async create(path: string, header: TppHeader, overwrite: boolean): Promise<FrameSink> {
    // O_APPEND: after a failed write is cut off again, the next one goes to the new end.
    const whenThere = overwrite ? constants.O_TRUNC : constants.O_EXCL;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | whenThere;
    const file = await open(path, flags).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "EEXIST") throw new OutputExistsError(path);
      if (cause.code === "ENOENT") throw new OutputDirectoryError(path, dirname(path));
      throw new OutputOpenError(path, cause);
    });
    const sink = new FrameSink(path, header.capture_id, file);
    try {
      await sink.#append(encodeMetadata("TPPH", header));
    } catch (error) {
      await file.close();
      if (!overwrite) await unlink(path).catch(() => {});
      throw error;
    }
    return sink;
  }

  get totals(): { fileBytes: number; frames: number; lines: number; rawBytes: number } {
    return { fileBytes: this.#bytes, frames: this.#frames, lines: this.#lines, rawBytes: this.#rawBytes };
  }

  /** Appends a data frame and its checkpoint in one write. */
  async appendData(frame: DataFrame, monotonicNs: string, lost: LossTotals): Promise<void> {
    const checksum = frame.compressed.readUInt32LE(frame.compressed.length - 4);
    const checkpoint: TppCheckpoint = {
      capture_id: this.captureId,
      frame: this.#frames + 1,
      offset: this.#bytes,
      compressed_bytes: frame.compressed.length,
      checksum,
      frame_lines: frame.lines,
      frame_raw_bytes: frame.rawBytes,
      monotonic_ns: monotonicNs,
      lines: this.#lines + frame.lines,
      raw_bytes: this.#rawBytes + frame.rawBytes,
      lost,
    };
    const metadata = encodeMetadata("TPPC", checkpoint);
    await this.#write([frame.compressed, metadata]);
    this.#entries.push({ compressedBytes: frame.compressed.length, rawBytes: frame.rawBytes, checksum });
    this.#entries.push(skippableEntry(metadata.length));
    this.#frames += 1;
    this.#lines = checkpoint.lines;
    this.#rawBytes = checkpoint.raw_bytes;
  }

  /** Writes trailer and seek table, or neither when they do not fit, and closes the file. */
  async finish(trailer: TppTrailer): Promise<void> {
    const metadata = encodeMetadata("TPPT", trailer);
    try {
      await this.#write([metadata, encodeSeekTable([...this.#entries, skippableEntry(metadata.length)])]);
      await this.#file.sync().catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EINVAL") throw error; // what is no regular file cannot be synced
      });
    } finally {
      await this.#file.close();
    }
  }

  async #append(frame: Buffer): Promise<void> {
    await this.#write([frame]);
    this.#entries.push(skippableEntry(frame.length));
  }

  async #write(buffers: readonly Buffer[]): Promise<void> {
    const data = buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers as Buffer[]);
    let done = 0;
    try {
      while (done < data.length) {
        const { bytesWritten } = await this.#file.write(data, done, data.length - done);
        done += bytesWritten;
      }
    } catch (error) {
      if (done > 0) await this.#file.truncate(this.#bytes).catch(() => {});
      throw this.#failure(error as NodeJS.ErrnoException);
    }
    this.#bytes += data.length;
  }

  #failure(cause: NodeJS.ErrnoException): Error {
    const kind = fullDisk.has(cause.code ?? "") ? DiskFullError : OutputWriteError;
    return new kind(this.path, this.#bytes, cause);
  }
}
