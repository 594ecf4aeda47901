/** Walks a .tpp file from frame to frame, reading headers only: nothing is decompressed, nothing held but the lists. */
import { isDeepStrictEqual } from "node:util";
import { ByteReader } from "./byte-reader.ts";
import type { TppDamage } from "./damage.ts";
import { NotTppError } from "./errors.ts";
import { nextSoundMetadata, type Piece, pieceAt } from "./frames.ts";
import type { TppCheckpoint, TppHeader, TppTrailer } from "./header.ts";
import { asCheckpoint, asHeader, asTrailer, type Metadata } from "./metadata.ts";
import { type SeekEntry, skippableEntry } from "./seek-table.ts";
import { type TppFrame, WalkState } from "./walk-state.ts";

export interface TppWalk {
  readonly path: string;
  readonly fileBytes: number;
  /** Null where it cannot be read. Where `damage` names the header, its values are not to be trusted. */
  readonly header: TppHeader | null;
  /** Intact data frames by number. */
  readonly frames: readonly TppFrame[];
  readonly checkpoints: readonly TppCheckpoint[];
  /** Null in a file that was cut or is still being written. */
  readonly trailer: TppTrailer | null;
  /** By byte offset; empty for a whole file. */
  readonly damage: readonly TppDamage[];
}

/** How far to look for a sound frame in a file that does not begin with a header. */
const headerSearchBytes = 32 * 1024 * 1024;

/** Walks the file at `path`. Throws a NotTppError for a file of another kind, and what the file system throws. */
export async function walkTpp(path: string): Promise<TppWalk> {
  const reader = new ByteReader(path);
  try {
    const walker = new Walker(path, reader, null);
    const walk = walker.walk();
    const captureId = walker.likelierCaptureId();
    return captureId === null ? walk : new Walker(path, reader, captureId).walk();
  } finally {
    reader.close();
  }
}

class Walker {
  readonly #path: string;
  readonly #reader: ByteReader;
  readonly #state = new WalkState();
  #header: TppHeader | null = null;
  #headerHolds = false;
  /** Every sound frame with its sizes, to compare with the seek table. */
  readonly #seen: SeekEntry[] = [];
  #seekTableEnd = 0;
  /** Where the frame begins that the end of the file cuts off. */
  #incompleteAt: number | null = null;

  /** `captureId`: what to take for the file's own where its header does not tell. */
  constructor(path: string, reader: ByteReader, captureId: string | null) {
    this.#path = path;
    this.#reader = reader;
    this.#state.captureId = captureId;
  }

  /** Without a header the first checkpoint's id was taken: another one that more checkpoints carry, else null. */
  likelierCaptureId(): string | null {
    const { captureId, idCounts } = this.#state;
    if (this.#headerHolds || captureId === null) return null;
    const [likeliest] = [...idCounts].sort((a, b) => b[1] - a[1]);
    return likeliest && likeliest[0] !== captureId ? likeliest[0] : null;
  }

  walk(): TppWalk {
    const state = this.#state;
    let at = this.#readHeader();
    while (at < this.#reader.fileBytes) at = this.#step(at);
    if (state.trailer) {
      state.dropPending();
    } else {
      state.endsInCut();
    }
    if (!state.trailer || this.#seekTableEnd === 0) this.#cut();
    state.reportMissing();
    const { frames, checkpoints, trailer, damage } = state;
    frames.sort((a, b) => a.number - b.number);
    checkpoints.sort((a, b) => a.frame - b.frame);
    damage.sort((a, b) => a.offset - b.offset);
    const { fileBytes } = this.#reader;
    return { path: this.#path, fileBytes, header: this.#header, frames, checkpoints, trailer, damage };
  }

  /** Returns where the walk goes on. */
  #readHeader(): number {
    const reader = this.#reader;
    if (reader.fileBytes === 0) throw new NotTppError(this.#path, 0);
    const piece = pieceAt(reader, 0);
    if (piece.kind === "metadata" && piece.metadata.tag === "TPPH") {
      this.#header = asHeader(piece.metadata.value) ?? null;
      if (this.#header && piece.metadata.crcMatches) {
        this.#state.captureId = this.#header.capture_id;
        this.#headerHolds = true;
      } else {
        const use = this.#header ? "its values may be wrong" : "it cannot be read";
        this.#state.addDamage("header", 0, `header at byte 0 is damaged: ${use}`);
      }
      this.#state.headerEndsAt(piece.end);
      this.#seen.push(skippableEntry(piece.end));
      return piece.end;
    }
    const tag = reader.at(0, 12).toString("latin1", 8, 12);
    if (piece.kind === "broken" && piece.cut && tag === "TPPH") {
      this.#state.addDamage("header", 0, "header at byte 0 is cut off");
    } else {
      const found = nextSoundMetadata(reader, 1, headerSearchBytes);
      if (!found) throw new NotTppError(this.#path, reader.fileBytes);
      this.#state.addDamage("header", 0, "header at byte 0 is damaged: it cannot be read");
    }
    return this.#resume(0);
  }

  #step(at: number): number {
    const piece = pieceAt(this.#reader, at);
    if (piece.kind === "broken") return this.#skipBroken(piece);
    if (this.#seekTableEnd > 0 && this.#state.trailer) {
      this.#state.addDamage("trailer", at, `bytes from ${at} on follow the end of the recording and are not used`);
      return this.#reader.fileBytes;
    }
    if (piece.kind === "data") {
      this.#state.pending.push(piece);
      this.#seen.push({ compressedBytes: piece.end - at, rawBytes: piece.rawBytes, checksum: piece.checksum });
      return piece.end;
    }
    if (piece.kind === "seek table") {
      this.#seekTable(piece);
      return piece.end;
    }
    if (!piece.metadata.crcMatches)
      return this.#skipBroken({ kind: "broken", offset: at, cut: false, why: "its checksum does not hold" });
    this.#seen.push(skippableEntry(piece.end - at));
    this.#metadata(piece.metadata, at, piece.end);
    return piece.end;
  }

  #metadata(metadata: Metadata, offset: number, end: number): void {
    const checkpoint = metadata.tag === "TPPC" ? asCheckpoint(metadata.value) : undefined;
    const trailer = metadata.tag === "TPPT" ? asTrailer(metadata.value) : undefined;
    if (checkpoint) this.#state.checkpoint(checkpoint, offset, end);
    else if (trailer) this.#state.trailerAt(trailer, offset, end);
    else if (metadata.tag === "TPPH")
      this.#state.addDamage("foreign", offset, `second header at byte ${offset} is not used`);
    else this.#state.addDamage("unreadable", offset, `frame at byte ${offset} has values that make no sense`);
  }

  /** A piece that does not hold: names it, then goes on behind the next checkpoint or trailer that does. */
  #skipBroken(piece: Piece & { kind: "broken" }): number {
    const { offset, cut, why } = piece;
    const next = this.#resume(this.#state.pending.at(-1)?.offset ?? offset);
    const atEnd = next === this.#reader.fileBytes;
    if (atEnd && cut) this.#incompleteAt = offset;
    else this.#state.addDamage("unreadable", offset, `${broken(offset)}: ${cut ? "its length is wrong" : why}`);
    return next;
  }

  /**
   * Looks behind `from` for the next sound checkpoint or trailer. Before a checkpoint stands its data frame, whose size it
   * states: that one is read again from there. Returns where to go on; the end of the file if there is nothing.
   */
  #resume(from: number): number {
    const found = nextSoundMetadata(this.#reader, from + 1);
    if (!found) return this.#reader.fileBytes;
    const checkpoint = asCheckpoint(found.metadata.value);
    const start = found.offset - (checkpoint?.compressed_bytes ?? 0);
    if (start < from || start >= found.offset) return found.offset;
    const data = pieceAt(this.#reader, start);
    const before = this.#state.pending.filter((other) => other.end <= start);
    this.#state.pending = data.kind === "data" && data.end === found.offset ? [...before, data] : before;
    return found.offset;
  }

  /** The table must name exactly the frames before it; in a file that is damaged anyway it says nothing more. */
  #seekTable(piece: Piece & { kind: "seek table" }): void {
    const at = piece.offset;
    if (!this.#state.trailer) {
      this.#state.addDamage("seek table", at, `seek table at byte ${at} stands before the trailer and is not used`);
      return;
    }
    this.#seekTableEnd = piece.end;
    if (!piece.entries) {
      this.#state.addDamage(
        "seek table",
        at,
        `seek table at byte ${at} is damaged; the frames are not touched by that`,
      );
    } else if (this.#state.damage.length === 0 && !isDeepStrictEqual(piece.entries, this.#seen)) {
      this.#state.addDamage("seek table", at, `seek table at byte ${at} does not list the frames of this file`);
    }
  }

  #cut(): void {
    const { fileBytes } = this.#reader;
    const { frames, trailer } = this.#state;
    const at = this.#incompleteAt ?? fileBytes;
    const what = this.#incompleteAt === null ? `the file ends at byte ${at}` : `the frame at byte ${at} is incomplete`;
    const lines = frames.reduce((sum, frame) => sum + (frame.lines ?? 0), 0);
    const ending = trailer ? "the seek table is not there" : `no trailer: cut off, or still being written`;
    const text = `${what}, ${ending}; ${frames.length} intact frames before it hold ${lines} lines`;
    this.#state.addDamage("cut", at, text, this.#state.nextFrameNumber);
  }
}

const broken = (offset: number): string => `bytes from ${offset} on cannot be read`;
