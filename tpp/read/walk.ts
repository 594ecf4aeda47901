/** Walks a .tpp file from frame to frame. It reads only headers, decompresses nothing, and keeps only the lists. */

import { NotTppError } from "../errors.ts";
import type { TppCheckpoint, TppHeader, TppTrailer } from "../format/header.ts";
import { maxMetadataBytes, tagOf } from "../format/metadata.ts";
import {
  asCheckpoint,
  asTrailer,
  checkpointProblem,
  headerProblem,
  trailerProblem,
} from "../format/metadata-schema.ts";
import {
  SeekEntries,
  seekTableBytes,
  seekTableEntries,
  seekTableFooterBytes,
  skippableEntry,
} from "../format/seek-table.ts";
import { skippableMagic } from "../format/zstd-frame.ts";
import { ByteReader } from "./byte-reader.ts";
import type { TppDamage } from "./damage.ts";
import { Effort } from "./effort.ts";
import { defaultMaxExpansion } from "./expansion.ts";
import { type BrokenFrame, frameAt, type MetadataFrame, metadataValue, type SeekTableFrame } from "./frames.ts";
import { MetadataSearch } from "./search.ts";
import { type TppFrame, WalkState } from "./walk-state.ts";

export interface TppWalk {
  readonly path: string;
  readonly fileBytes: number;
  /** Bytes that the file takes on the disk: less than `fileBytes` if it is sparse. */
  readonly storedBytes: number;
  /** The limit that applies: bytes of text for each byte on the disk. `readFrames` refuses more. */
  readonly maxExpansion: number;
  /** Null if it cannot be read. If `damage` names the header, its values cannot be trusted. */
  readonly header: TppHeader | null;
  /** Intact data frames by number. */
  readonly frames: readonly TppFrame[];
  readonly checkpoints: readonly TppCheckpoint[];
  /** Null in a file that was cut or is still being written. */
  readonly trailer: TppTrailer | null;
  /**
   * Sorted by offset, and empty for a whole file. If there are very many, the first are listed, and a last entry gives
   * the number of others.
   */
  readonly damage: readonly TppDamage[];
}

export interface WalkOptions {
  /** Most bytes of text allowed for each byte of the file. The default is 2000; Infinity allows any. */
  readonly maxExpansion?: number;
  /** Ends a long operation. Its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** How far to search for an intact frame in a file that does not begin with a header. */
const headerSearchBytes = 32 * 1024 * 1024;

/**
 * Walks the file at `path`. Time and memory are bounded by the file's size on the disk, whatever it holds. Throws a
 * NotTppError for another kind of file, a NotAFileError for a pipe or device, and what the file system throws.
 */
export async function walkTpp(path: string, options: WalkOptions = {}): Promise<TppWalk> {
  const reader = new ByteReader(path);
  try {
    const walker = new Walker(path, reader, null, options);
    const walk = walker.walk();
    const captureId = walker.likelierCaptureId();
    return captureId === null ? walk : new Walker(path, reader, captureId, options).walk();
  } finally {
    reader.close();
  }
}

class Walker {
  readonly #path: string;
  readonly #reader: ByteReader;
  readonly #maxExpansion: number;
  readonly #effort: Effort;
  readonly #search: MetadataSearch;
  readonly #state: WalkState;
  #header: TppHeader | null = null;
  #headerHolds = false;
  /** The sizes of every intact frame, to compare with the seek table. */
  readonly #seen = new SeekEntries();
  #seekTableEnd = 0;
  /** Offset of the frame that the end of the file cuts off. */
  #incompleteAt: number | null = null;
  /** Everything before this offset has been searched. So a walk that goes back still makes progress. */
  #searchedTo = 0;

  /** `captureId`: the id to assume if the header does not have it. */
  constructor(path: string, reader: ByteReader, captureId: string | null, options: WalkOptions) {
    this.#path = path;
    this.#reader = reader;
    this.#maxExpansion = options.maxExpansion ?? defaultMaxExpansion;
    this.#effort = new Effort(reader.storedBytes);
    this.#search = new MetadataSearch(reader, this.#effort);
    this.#state = new WalkState(this.#maxExpansion * reader.storedBytes);
    this.#state.captureId = captureId;
  }

  /**
   * Without a header, the first checkpoint's id was assumed. Returns another id if more checkpoints have it, else null.
   */
  likelierCaptureId(): string | null {
    const { captureId, idCounts } = this.#state;
    if (this.#headerHolds || captureId === null) return null;
    const [likeliest] = [...idCounts].sort((a, b) => b[1] - a[1]);
    return likeliest && likeliest[0] !== captureId ? likeliest[0] : null;
  }

  walk(): TppWalk {
    const state = this.#state;
    let at = this.#readHeader();
    while (at < this.#reader.fileBytes) {
      const searchedTo = this.#searchedTo;
      const next = this.#step(at);
      if (next <= at && this.#searchedTo <= searchedTo) throw new Error(`the walk stands still at byte ${at}`);
      at = next;
    }
    if (state.trailer) {
      state.dropPending();
    } else {
      state.endsInCut();
    }
    if (!state.trailer || this.#seekTableEnd === 0) this.#cut();
    state.reportMissing();
    const { frames, checkpoints, trailer } = state;
    frames.sort((a, b) => a.number - b.number);
    checkpoints.sort((a, b) => a.frame - b.frame);
    const { fileBytes, storedBytes } = this.#reader;
    return {
      path: this.#path,
      fileBytes,
      storedBytes,
      maxExpansion: this.#maxExpansion,
      header: this.#header,
      frames,
      checkpoints,
      trailer,
      damage: state.damage.list(),
    };
  }

  /** Returns the offset at which the walk continues. */
  #readHeader(): number {
    const reader = this.#reader;
    if (reader.fileBytes === 0) throw new NotTppError(this.#path, 0);
    const start = reader.at(0, 12);
    const isHeader =
      start.length === 12 && start.readUInt32LE(0) === skippableMagic && tagOf(start.subarray(8)) === "TPPH";
    const length = isHeader ? start.readUInt32LE(4) : 0;
    if (isHeader && length >= 8 && length <= maxMetadataBytes && 8 + length <= reader.fileBytes)
      return this.#useHeader(8 + length);
    if (isHeader && 8 + length > reader.fileBytes) {
      this.#state.addDamage("header", 0, "header at byte 0 is cut off");
    } else {
      if (!this.#search.next(1, headerSearchBytes)) throw new NotTppError(this.#path, reader.fileBytes);
      this.#state.addDamage("header", 0, "header at byte 0 is damaged: it cannot be read");
    }
    return this.#resume(0);
  }

  /**
   * Uses the header that ends at `end`. If its CRC does not match, it may still parse, with a name or value changed.
   */
  #useHeader(end: number): number {
    const frame = frameAt(this.#reader, 0, this.#effort);
    const holds = frame.kind === "metadata";
    const value = holds ? frame.value : metadataValue(this.#reader, 0, end);
    const problem = headerProblem(value);
    if (problem === null) this.#header = value as TppHeader;
    if (!holds) {
      const use = this.#header ? "its values may be wrong" : "it cannot be read";
      this.#state.addDamage("header", 0, `header at byte 0 is damaged: ${use}`);
    } else if (problem !== null) {
      const why = value === undefined ? "its JSON does not parse, or is nested deeper than any of ours" : problem;
      this.#state.addDamage("header", 0, `header at byte 0 makes no sense: ${why}`);
    } else {
      this.#state.captureId = this.#header!.capture_id;
      this.#headerHolds = true;
    }
    this.#state.headerEndsAt(end);
    this.#seen.add(skippableEntry(end));
    return end;
  }

  #step(at: number): number {
    const frame = frameAt(this.#reader, at, this.#effort);
    if (frame.kind === "broken") return this.#skipBroken(frame);
    if (this.#seekTableEnd > 0 && this.#state.trailer) {
      this.#state.addDamage("trailer", at, `bytes from ${at} on follow the end of the recording and are not used`);
      return this.#reader.fileBytes;
    }
    if (frame.kind === "data") {
      this.#state.dataFrame(frame);
      this.#seen.add({ compressedBytes: frame.end - at, rawBytes: frame.rawBytes, checksum: frame.checksum });
    } else if (frame.kind === "seek table") {
      this.#seekTable(frame);
    } else {
      this.#seen.add(skippableEntry(frame.end - at));
      this.#metadata(frame);
    }
    return frame.end;
  }

  #metadata({ tag, value, offset, end }: MetadataFrame): void {
    if (tag === "TPPH") {
      this.#state.addDamage("foreign", offset, `second header at byte ${offset} is not used`);
      return;
    }
    const checkpoint = tag === "TPPC" ? asCheckpoint(value) : undefined;
    const trailer = tag === "TPPT" ? asTrailer(value) : undefined;
    if (checkpoint) this.#state.checkpoint(checkpoint, offset, end);
    else if (trailer) this.#state.trailerAt(trailer, offset, end);
    else {
      const problem = tag === "TPPC" ? checkpointProblem(value) : trailerProblem(value);
      this.#state.addDamage("unreadable", offset, `frame at byte ${offset} makes no sense: ${problem}`);
    }
  }

  /** Reports a damaged frame, then continues after the next intact checkpoint or trailer. */
  #skipBroken({ offset, cut, why }: BrokenFrame): number {
    const next = this.#resume(this.#state.pending.at(-1)?.offset ?? offset);
    const atEnd = next === this.#reader.fileBytes;
    const givenUp = this.#effort.isSpent ? "; the rest is not read, because it would take too long" : "";
    if (atEnd && cut && !givenUp) this.#incompleteAt = offset;
    else
      this.#state.addDamage("unreadable", offset, `${broken(offset)}: ${cut ? "its length is wrong" : why}${givenUp}`);
    return next;
  }

  /**
   * Searches after `from` for the next intact checkpoint or trailer. A checkpoint states the size of the data frame
   * before it, which is then read again. Returns the offset at which to continue: the end of the file if nothing is
   * found.
   */
  #resume(from: number): number {
    const found = this.#search.next(Math.max(from + 1, this.#searchedTo));
    this.#searchedTo = found ? found.offset + 1 : this.#reader.fileBytes;
    if (!found) return this.#reader.fileBytes;
    const checkpoint = found.tag === "TPPC" ? asCheckpoint(found.value) : undefined;
    const start = found.offset - (checkpoint?.compressed_bytes ?? 0);
    if (start < from || start >= found.offset) return found.offset;
    const data = frameAt(this.#reader, start, this.#effort);
    const before = this.#state.pending.filter((other) => other.end <= start);
    this.#state.pending = data.kind === "data" && data.end === found.offset ? [...before, data] : before;
    return found.offset;
  }

  /** The table must list exactly the frames before it. In a file with other damage this is not checked. */
  #seekTable({ offset, end }: SeekTableFrame): void {
    const damaged = (what: string) =>
      this.#state.addDamage("seek table", offset, `seek table at byte ${offset} ${what}`);
    if (!this.#state.trailer) {
      damaged("stands before the trailer and is not used");
      return;
    }
    this.#seekTableEnd = end;
    const footer = this.#reader.at(end - seekTableFooterBytes, seekTableFooterBytes);
    if (seekTableEntries(footer, end - offset) === undefined) damaged("is damaged; this does not affect the frames");
    else if (this.#state.damage.count === 0 && !this.#listsFrames(offset, end))
      damaged("does not list the frames of this file");
  }

  /** Whether the table lists these frames. It is read only if it has the right length. */
  #listsFrames(offset: number, end: number): boolean {
    if (end - offset !== seekTableBytes(this.#seen.count)) return false;
    const table = Buffer.allocUnsafe(end - offset);
    return this.#reader.into(table, offset) === table.length && this.#seen.equals(table);
  }

  #cut(): void {
    const { fileBytes } = this.#reader;
    const { frames, trailer } = this.#state;
    const at = this.#incompleteAt ?? fileBytes;
    const what = this.#incompleteAt === null ? `the file ends at byte ${at}` : `the frame at byte ${at} is incomplete`;
    const lines = frames.reduce((sum, frame) => sum + (frame.lines ?? 0), 0);
    const ending = trailer ? "the seek table is missing" : `no trailer: cut off, or still being written`;
    const text = `${what}, ${ending}; ${frames.length} intact frames before it hold ${lines} lines`;
    this.#state.addDamage("cut", at, text, this.#state.nextFrameNumber);
  }
}

const broken = (offset: number): string => `bytes from ${offset} on cannot be read`;
