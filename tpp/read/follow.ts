/**
 * Follows a .tpp file that is still being written. Frames appear at its end. Only whole ones are used: the bytes of a
 * frame that is being written are simply not there yet.
 */
import { type Stats, statSync } from "node:fs";
import { NotFollowedError, NotTppError } from "../errors.ts";
import type { TppHeader } from "../format/header.ts";
import { maxMetadataBytes, tagOf } from "../format/metadata.ts";
import { asCheckpoint, asTrailer, headerProblem } from "../format/metadata-schema.ts";
import { skippableMagic } from "../format/zstd-frame.ts";
import { ByteReader } from "./byte-reader.ts";
import { Effort } from "./effort.ts";
import { checkExpansion, defaultMaxExpansion } from "./expansion.ts";
import { frameAt, type MetadataFrame } from "./frames.ts";
import type { TppWalk, WalkOptions } from "./walk.ts";
import { type TppFrame, WalkState } from "./walk-state.ts";

/**
 * A walk that goes on. It is stricter than `walkTpp`: a writer's own file has no damage, so at the first one the
 * following ends. Memory grows with the number of frames only.
 */
export class TppFollower {
  readonly path: string;
  readonly #reader: ByteReader;
  readonly #maxExpansion: number;
  readonly #state: WalkState;
  readonly #begin: Pick<Stats, "dev" | "ino">;
  #header: TppHeader | null = null;
  /** Everything before this offset has been used. */
  #at = 0;
  #given = 0;

  /** Throws a NotAFileError for a pipe or device, and what the file system throws. */
  constructor(path: string, options: WalkOptions = {}) {
    this.path = path;
    this.#reader = new ByteReader(path);
    this.#begin = this.#reader.refresh();
    this.#maxExpansion = options.maxExpansion ?? defaultMaxExpansion;
    this.#state = new WalkState(0);
  }

  /**
   * Reads what has been added since the last call. Returns the new data frames whose checkpoints are there, in order.
   * Throws a NotFollowedError if the file was replaced, made shorter or is damaged, a NotTppError for another kind of
   * file, and an ExpansionError for more text than allowed.
   */
  poll(): readonly TppFrame[] {
    const before = this.#reader.fileBytes;
    this.#refresh(before);
    const state = this.#state;
    const effort = new Effort(this.#reader.storedBytes);
    while (state.trailer === null && this.#at < this.#reader.fileBytes) {
      const end = this.#header === null ? this.#readHeader(effort) : this.#step(effort);
      if (end === null) break;
      this.#at = end;
      this.#refuseDamage();
    }
    const { frames } = state;
    checkExpansion({
      path: this.path,
      storedBytes: this.#reader.storedBytes,
      maxExpansion: this.#maxExpansion,
      frames,
    });
    const added = frames.slice(this.#given);
    this.#given = frames.length;
    return added;
  }

  /** Whether the trailer has been read: nothing will be added. */
  get hasEnded(): boolean {
    return this.#state.trailer !== null;
  }

  /** Bytes at the end that are not a whole frame yet. */
  get waitingBytes(): number {
    return this.hasEnded ? 0 : this.#reader.fileBytes - this.#at;
  }

  /** What is known of the file so far. Its lists go on growing. */
  get walk(): TppWalk {
    const { frames, checkpoints, trailer } = this.#state;
    const { fileBytes, storedBytes } = this.#reader;
    const header = this.#header;
    const maxExpansion = this.#maxExpansion;
    return { path: this.path, fileBytes, storedBytes, maxExpansion, header, frames, checkpoints, trailer, damage: [] };
  }

  close(): void {
    this.#reader.close();
  }

  #refresh(before: number): void {
    const { dev, ino } = this.#begin;
    const named = statSync(this.path, { throwIfNoEntry: false });
    if (named === undefined) throw this.#stop("is gone");
    if (named.dev !== dev || named.ino !== ino) throw this.#stop("was replaced by another file");
    this.#reader.refresh();
    if (this.#reader.fileBytes < before)
      throw this.#stop(`was cut from ${before} to ${this.#reader.fileBytes} bytes while it was followed`);
  }

  #stop(what: string): NotFollowedError {
    return new NotFollowedError(this.path, `${what}. What was read of it before is shown; open it again to go on`);
  }

  #refuseDamage(): void {
    const { damage } = this.#state;
    if (damage.count > 0) throw this.#stop(damage.list()[0]!.text);
  }

  /** Offset behind the header; null while it is not whole. */
  #readHeader(effort: Effort): number | null {
    const start = this.#reader.at(0, 12);
    if (start.length < 12) return null;
    const bytes = start.readUInt32LE(4);
    if (start.readUInt32LE(0) !== skippableMagic || tagOf(start.subarray(8)) !== "TPPH" || bytes > maxMetadataBytes)
      throw new NotTppError(this.path, this.#reader.fileBytes);
    const frame = frameAt(this.#reader, 0, effort);
    if (frame.kind === "broken" && frame.cut) return null;
    const problem = frame.kind === "metadata" ? headerProblem(frame.value) : "its checksum does not match";
    if (problem !== null) throw this.#stop(`has a damaged header: ${problem}`);
    const header = (frame as MetadataFrame).value as TppHeader;
    this.#header = header;
    this.#state.captureId = header.capture_id;
    this.#state.headerEndsAt(frame.offset + 8 + bytes);
    return 8 + bytes;
  }

  /** Offset behind the next frame; null while it is not whole. */
  #step(effort: Effort): number | null {
    const frame = frameAt(this.#reader, this.#at, effort);
    if (frame.kind === "broken") {
      if (frame.cut) return null;
      throw this.#stop(`cannot be read from byte ${this.#at} on: ${frame.why}`);
    }
    if (frame.kind === "data") this.#state.dataFrame(frame);
    else if (frame.kind === "metadata") this.#metadata(frame);
    else throw this.#stop(`has a seek table before its trailer, at byte ${this.#at}`);
    return frame.end;
  }

  #metadata({ tag, value, offset, end }: MetadataFrame): void {
    const checkpoint = tag === "TPPC" ? asCheckpoint(value) : undefined;
    const trailer = tag === "TPPT" ? asTrailer(value) : undefined;
    if (checkpoint) this.#state.checkpoint(checkpoint, offset, end);
    else if (trailer) this.#state.trailerAt(trailer, offset, end);
    else throw this.#stop(`has a frame at byte ${offset} that makes no sense`);
  }
}
