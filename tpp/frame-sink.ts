/** The file under a writer: appends whole frames, and leaves nothing but whole frames behind when the disk is full. */
import { DiskFullError, OutputClosedError, OutputWriteError } from "./errors.ts";
import type { TppCheckpoint, TppHeader, TppTrailer } from "./header.ts";
import { encodeMetadata } from "./metadata.ts";
import { encodeSeekTable, type SeekEntry, skippableEntry } from "./seek-table.ts";
import { openTarget, type Target } from "./target.ts";

export interface DataFrame {
  readonly compressed: Buffer;
  readonly rawBytes: number;
  readonly lines: number;
}

/** What a checkpoint tells beside its frame. */
export type CheckpointNotes = Pick<TppCheckpoint, "monotonic_ns" | "realtime_ns" | "lost" | "module" | "module_sysctl">;

const fullDisk = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export class FrameSink {
  readonly path: string;
  readonly captureId: string;
  readonly #target: Target;
  readonly #entries: SeekEntry[] = [];
  #bytes = 0;
  #frames = 0;
  #lines = 0;
  #rawBytes = 0;

  private constructor(captureId: string, target: Target) {
    this.path = target.name;
    this.captureId = captureId;
    this.#target = target;
  }

  /** Creates the file (never over an existing one unless told) and writes the header; `-` is standard output. */
  static async create(path: string, header: TppHeader, overwrite: boolean): Promise<FrameSink> {
    const target = await openTarget(path, overwrite);
    const sink = new FrameSink(header.capture_id, target);
    try {
      await sink.#append(encodeMetadata("TPPH", header));
    } catch (error) {
      await target.close();
      if (!overwrite) await target.remove();
      throw error;
    }
    return sink;
  }

  get totals(): { fileBytes: number; frames: number; lines: number; rawBytes: number } {
    return { fileBytes: this.#bytes, frames: this.#frames, lines: this.#lines, rawBytes: this.#rawBytes };
  }

  /** Appends a data frame and its checkpoint in one write. */
  async appendData(frame: DataFrame, notes: CheckpointNotes): Promise<void> {
    const checksum = frame.compressed.readUInt32LE(frame.compressed.length - 4);
    const checkpoint: TppCheckpoint = {
      capture_id: this.captureId,
      frame: this.#frames + 1,
      offset: this.#bytes,
      compressed_bytes: frame.compressed.length,
      checksum,
      frame_lines: frame.lines,
      frame_raw_bytes: frame.rawBytes,
      lines: this.#lines + frame.lines,
      raw_bytes: this.#rawBytes + frame.rawBytes,
      ...notes,
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
      await this.#target.sync();
    } finally {
      await this.#target.close();
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
        done += await this.#target.write(data.subarray(done));
      }
    } catch (error) {
      if (done > 0) await this.#target.truncate(this.#bytes);
      throw this.#failure(error as NodeJS.ErrnoException);
    }
    this.#bytes += data.length;
  }

  #failure(cause: NodeJS.ErrnoException): Error {
    if (cause.code === "EPIPE") return new OutputClosedError(this.path, this.#bytes, cause);
    const kind = fullDisk.has(cause.code ?? "") ? DiskFullError : OutputWriteError;
    return new kind(this.path, this.#bytes, cause);
  }
}
