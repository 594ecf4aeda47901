/** The file that a writer appends whole frames to. If the disk is full, it is cut back to whole frames. */
import {
  DiskFullError,
  MetadataTooLargeError,
  OutputChangedError,
  OutputClosedError,
  OutputSyncError,
  OutputTornError,
  OutputWriteError,
} from "../errors.ts";
import type { TppCheckpoint, TppHeader, TppTrailer } from "../format/header.ts";
import { encodeMetadata, maxMetadataBytes } from "../format/metadata.ts";
import { encodeSeekTable, type SeekEntry, skippableEntry } from "../format/seek-table.ts";
import type { FileIdentity } from "./file-identity.ts";
import { openTarget } from "./open-target.ts";
import type { Target, TargetOptions } from "./target.ts";

export interface DataFrame {
  readonly compressed: Buffer;
  readonly rawBytes: number;
  readonly lines: number;
}

/** The contents of a checkpoint that do not concern its frame. */
export type CheckpointNotes = Pick<TppCheckpoint, "monotonic_ns" | "realtime_ns" | "lost" | "module" | "module_sysctl">;

const fullDisk = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Node.js has no error name for an exceeded quota. */
const named = (error: NodeJS.ErrnoException): NodeJS.ErrnoException =>
  error.errno === -122 ? Object.assign(error, { code: "EDQUOT" }) : error;

export class FrameSink {
  readonly path: string;
  readonly captureId: string;
  readonly #target: Target;
  readonly #entries: SeekEntry[] = [];
  #bytes = 0;
  #frames = 0;
  #lines = 0;
  #rawBytes = 0;
  /** The file ends with a partial frame, so nothing may be appended. */
  #torn = false;

  private constructor(captureId: string, target: Target) {
    this.path = target.name;
    this.captureId = captureId;
    this.#target = target;
  }

  /** Creates the file and writes the header. Replaces an existing file only if told to. `-` is standard output. */
  static async create(path: string, header: TppHeader, options: TargetOptions = {}): Promise<FrameSink> {
    const frame = encodeMetadata("TPPH", header);
    const payloadBytes = frame.length - 8;
    if (payloadBytes > maxMetadataBytes) throw new MetadataTooLargeError(path, payloadBytes, maxMetadataBytes);
    const target = await openTarget(path, options);
    const sink = new FrameSink(header.capture_id, target);
    const giveUp = (): void => target.giveUp();
    options.signal?.addEventListener("abort", giveUp);
    if (options.signal?.aborted) giveUp();
    try {
      await sink.#append(frame);
      if (options.appears !== "whole") await target.publish();
    } catch (error) {
      await sink.abandon();
      throw error;
    } finally {
      options.signal?.removeEventListener("abort", giveUp);
    }
    return sink;
  }

  /** Null if the output is not a regular file. */
  get identity(): FileIdentity | null {
    return this.#target.identity;
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

  /**
   * Writes trailer and seek table (neither if they do not fit) and closes the file. Throws if the disk does not confirm
   * the data, or if somebody else changed the file meanwhile.
   */
  async finish(trailer: TppTrailer): Promise<void> {
    const metadata = encodeMetadata("TPPT", trailer);
    try {
      if (!this.#torn) {
        await this.#write([metadata, encodeSeekTable([...this.#entries, skippableEntry(metadata.length)])]);
      }
      await this.#target.sync().catch((cause) => this.#unconfirmed("fsync", cause));
      const changed = await this.#target.changed(this.#bytes);
      if (changed !== null) throw new OutputChangedError(this.path, changed);
      await this.#target.publish();
    } catch (error) {
      await this.#target.close().catch(() => {});
      throw error;
    }
    await this.#target.close().catch((cause) => this.#unconfirmed("close", cause));
  }

  /** Closes and removes the file. */
  async abandon(): Promise<void> {
    await this.#target.close().catch(() => {});
    await this.#target.remove();
  }

  /** For an output that nobody reads: makes waiting writes fail. */
  giveUp(): void {
    this.#target.giveUp();
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
      const cause = named(error as NodeJS.ErrnoException);
      if (done > 0 && !(await this.#target.truncate(this.#bytes))) this.#torn = true;
      throw this.#failure(cause);
    }
    this.#bytes += data.length;
  }

  #failure(cause: NodeJS.ErrnoException): Error {
    if (cause.code === "EPIPE" || cause.code === "ETIMEDOUT") {
      return new OutputClosedError(this.path, this.#bytes, cause);
    }
    if (this.#torn) return new OutputTornError(this.path, this.#bytes, cause);
    const kind = fullDisk.has(cause.code ?? "") ? DiskFullError : OutputWriteError;
    return new kind(this.path, this.#bytes, cause);
  }

  #unconfirmed(call: "fsync" | "close", cause: NodeJS.ErrnoException): never {
    throw new OutputSyncError(this.path, call, named(cause));
  }
}
