/** Relates the frames of a file to each other: finds which data frames a checkpoint proves, and what is wrong. */

import type { TppCheckpoint, TppTrailer } from "../format/header.ts";
import { type DamageKind, DamageList } from "./damage.ts";
import type { DataFrame } from "./frames.ts";

/** A data frame that is intact as far as can be seen without decompressing it. */
export interface TppFrame {
  /** Its number in the capture, counted from 1. */
  readonly number: number;
  readonly offset: number;
  readonly compressedBytes: number;
  readonly rawBytes: number;
  /** zstd's content checksum, the frame's last four bytes. */
  readonly checksum: number;
  /** Number of its first line in the capture, counted from 0. */
  readonly firstLine: number;
  /** Number of lines. For a frame that no checkpoint describes, null until it is decompressed. */
  readonly lines: number | null;
  /** False for the last frame of a cut file whose own checkpoint was cut off. */
  readonly confirmed: boolean;
}

/** Totals at a point of the file that is certain: a checkpoint or the trailer. */
interface Anchor {
  readonly frame: number;
  readonly lines: number;
  readonly rawBytes: number;
  /** Where it ends in this file. */
  readonly end: number;
  /** Difference in bytes between offsets in this file and offsets as they were written. */
  readonly shift: number;
}

/** A frame whose position in the capture is known. */
interface Settled {
  /** Totals up to its end, and its own lines. */
  readonly lines: number;
  readonly rawBytes: number;
  readonly frameLines: number;
  readonly end: number;
}

const nothing = { lines: 0, rawBytes: 0 };

const mostPending = 3;
const mostIds = 1000;

const beginning = (end: number): Anchor => ({ frame: 0, lines: 0, rawBytes: 0, end, shift: 0 });

export class WalkState {
  readonly frames: TppFrame[] = [];
  readonly checkpoints: TppCheckpoint[] = [];
  readonly damage = new DamageList();
  /** The capture id that frames must have. If the header cannot be trusted, the first id seen. */
  captureId: string | null = null;
  /** Number of checkpoints with each id. */
  readonly idCounts = new Map<string, number>();
  trailer: TppTrailer | null = null;
  /** Data frames since the last anchor. Only the last ones are kept, because at most one of them can be used. */
  pending: DataFrame[] = [];
  /** Most bytes of text that a file of this size can hold, and so can have lost. */
  readonly #mostMissingBytes: number;
  #last: Anchor = beginning(0);
  readonly #anchors = new Map<number, Settled>();
  #damageAtLast = 0;

  constructor(mostMissingBytes: number) {
    this.#mostMissingBytes = mostMissingBytes;
  }

  addDamage(
    kind: DamageKind,
    offset: number,
    text: string,
    frame: number | null = null,
    missing: number | null = null,
  ) {
    this.damage.add({ kind, offset, frame, missingLines: missing, text });
  }

  headerEndsAt(end: number): void {
    this.#last = beginning(end);
  }

  dataFrame(frame: DataFrame): void {
    this.pending.push(frame);
    if (this.pending.length > mostPending) this.#notUsed(this.pending.shift()!);
  }

  get nextFrameNumber(): number {
    return this.#last.frame + 1;
  }

  checkpoint(checkpoint: TppCheckpoint, offset: number, end: number): void {
    const { frame } = checkpoint;
    this.captureId ??= checkpoint.capture_id;
    if (this.idCounts.has(checkpoint.capture_id) || this.idCounts.size < mostIds)
      this.idCounts.set(checkpoint.capture_id, (this.idCounts.get(checkpoint.capture_id) ?? 0) + 1);
    if (checkpoint.capture_id !== this.captureId) {
      this.pending = [];
      this.addDamage(
        "foreign",
        offset,
        `checkpoint at byte ${offset} is of another capture; it and its frame are not used`,
      );
      return;
    }
    const doubt = this.#doubt(checkpoint);
    if (doubt !== null) {
      this.pending = [];
      const which = `checkpoint of frame ${frame} at byte ${offset}`;
      this.addDamage("unbelievable", offset, `${which} ${doubt}; it and its frame are not used`, frame);
      return;
    }
    const known = this.#anchors.has(frame);
    const own = this.#ownFrame(checkpoint, offset);
    if (known) {
      this.addDamage(
        "repeated",
        own?.offset ?? offset,
        `frame ${frame} is repeated at byte ${own?.offset ?? offset}`,
        frame,
      );
      this.pending = [];
      return;
    }
    const shift = offset - checkpoint.compressed_bytes - checkpoint.offset;
    const before = this.#totalsBefore(checkpoint, offset);
    if (frame < this.#last.frame)
      this.addDamage("order", offset, `frame ${frame} at byte ${offset} stands after frame ${this.#last.frame}`, frame);
    this.#settlePending(before, shift, own);
    const moved = frame === this.#last.frame + 1 && shift !== this.#last.shift;
    if (moved && this.damage.count === this.#damageAtLast) {
      this.addDamage(
        "order",
        offset,
        `frame ${frame} stands at byte ${offset - checkpoint.compressed_bytes}, written at ${checkpoint.offset}`,
        frame,
      );
    }
    if (own) {
      this.#accept(own, frame, before.lines, checkpoint.frame_lines, true);
    } else {
      const at = Math.max(this.#last.end, offset - checkpoint.compressed_bytes);
      this.addDamage(
        "data",
        at,
        `frame ${frame} at byte ${at} is damaged: its ${checkpoint.frame_lines} lines are missing`,
        frame,
        checkpoint.frame_lines,
      );
    }
    this.checkpoints.push(checkpoint);
    this.#anchors.set(frame, {
      lines: checkpoint.lines,
      rawBytes: checkpoint.raw_bytes,
      frameLines: checkpoint.frame_lines,
      end,
    });
    this.#last = { frame, lines: checkpoint.lines, rawBytes: checkpoint.raw_bytes, end, shift };
    this.#damageAtLast = this.damage.count;
    this.pending = [];
  }

  trailerAt(trailer: TppTrailer, offset: number, end: number): void {
    if (this.captureId !== null && trailer.capture_id !== this.captureId) {
      this.addDamage("foreign", offset, `trailer at byte ${offset} is of another capture and is not used`);
      return;
    }
    if (this.trailer) {
      this.addDamage("repeated", offset, `trailer is repeated at byte ${offset}`);
      return;
    }
    const pendingBytes = this.pending.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
    const doubt =
      senselessCounts(trailer.frames, trailer.lines, trailer.raw_bytes) ??
      this.#missesTooMuch(trailer.raw_bytes - pendingBytes);
    if (doubt !== null) {
      this.addDamage("unbelievable", offset, `trailer at byte ${offset} ${doubt}; it is not used`);
      return;
    }
    this.captureId ??= trailer.capture_id;
    this.#settlePending(
      { frame: trailer.frames, lines: trailer.lines, rawBytes: trailer.raw_bytes },
      this.#last.shift,
      undefined,
    );
    this.pending = [];
    this.trailer = trailer;
    this.#last = { ...this.#last, end };
  }

  /** The file ends without a trailer. A last data frame whose checkpoint was cut off is used, and this is reported. */
  endsInCut(): void {
    const last = this.pending[0];
    const onlyCut = this.damage.count === (this.damage.has("header") ? 1 : 0) && this.#last.shift === 0;
    if (!last || !onlyCut || this.pending.length > 1 || last.offset !== this.#last.end) {
      this.dropPending();
      return;
    }
    if (this.checkpoints.some((other) => other.checksum === last.checksum && other.frame_raw_bytes === last.rawBytes)) {
      this.addDamage(
        "repeated",
        last.offset,
        `data frame at byte ${last.offset} repeats an earlier one and is not used`,
      );
      return;
    }
    const number = this.nextFrameNumber;
    this.addDamage(
      "checkpoint",
      last.end,
      `frame ${number} at byte ${last.offset} has lost its checkpoint; it is used, because its own checksum can be checked`,
      number,
    );
    this.#accept(last, number, this.#last.lines, null, false);
  }

  dropPending(): void {
    for (const frame of this.pending) this.#notUsed(frame);
    this.pending = [];
  }

  #notUsed({ offset }: DataFrame): void {
    this.addDamage("checkpoint", offset, `data frame at byte ${offset} has no checkpoint and is not used`);
  }

  /**
   * What is impossible in a checkpoint, given the frames before it and what the file can hold. Null for nothing.
   */
  #doubt({ frame, lines, raw_bytes, frame_lines, frame_raw_bytes }: TppCheckpoint): string | null {
    const senseless = senselessCounts(frame, lines, raw_bytes);
    if (senseless !== null || this.#anchors.has(frame) || this.#anchors.has(frame - 1)) return senseless;
    const [firstLine, firstByte] = [lines - frame_lines, raw_bytes - frame_raw_bytes];
    const last = this.#last;
    if (frame < last.frame) return null;
    if (firstLine < last.lines || firstByte < last.rawBytes)
      return `begins at line ${firstLine} and byte ${firstByte}, where frame ${last.frame} ends at ${last.lines} and ${last.rawBytes}`;
    return this.#missesTooMuch(firstByte);
  }

  /**
   * Totals before a frame: those known from the previous frame, otherwise those that its checkpoint implies. Both must
   * agree.
   */
  #totalsBefore(checkpoint: TppCheckpoint, offset: number): { frame: number; lines: number; rawBytes: number } {
    const frame = checkpoint.frame - 1;
    const said = {
      frame,
      lines: checkpoint.lines - checkpoint.frame_lines,
      rawBytes: checkpoint.raw_bytes - checkpoint.frame_raw_bytes,
    };
    const known = frame === 0 ? nothing : this.#anchors.get(frame);
    if (!known || (known.lines === said.lines && known.rawBytes === said.rawBytes)) return said;
    const which = `checkpoint of frame ${checkpoint.frame} at byte ${offset}`;
    const places = `line ${said.lines} and byte ${said.rawBytes}, where the frame before it ends at ${known.lines} and ${known.rawBytes}`;
    this.addDamage("unbelievable", offset, `${which} begins at ${places}`, checkpoint.frame);
    return { frame, lines: known.lines, rawBytes: known.rawBytes };
  }

  /** Missing text was once in this file, so there cannot be more of it than a file of this size can hold. */
  #missesTooMuch(rawBytes: number): string | null {
    const missing = rawBytes - this.#last.rawBytes;
    return missing > this.#mostMissingBytes
      ? `misses ${missing} bytes of text before it, more than a file of this size can hold`
      : null;
  }

  /** Reports frames that other checkpoints or the trailer count, but whose own checkpoint was not found. */
  reportMissing(): void {
    const numbers = [...this.#anchors.keys()].sort((a, b) => a - b);
    let previous = { frame: 0, lines: 0, end: 0 };
    const gap = (to: number, linesTo: number) => {
      if (to <= previous.frame) return;
      const first = previous.frame + 1;
      const which = first === to ? `frame ${first} is` : `frames ${first} to ${to} are`;
      const lines = Math.max(0, linesTo - previous.lines);
      this.addDamage("missing", previous.end, `${which} missing at byte ${previous.end}: ${lines} lines`, first, lines);
    };
    for (const number of numbers) {
      const anchor = this.#anchors.get(number)!;
      gap(number - 1, anchor.lines - anchor.frameLines);
      previous = { frame: number, lines: anchor.lines, end: anchor.end };
    }
    if (!this.trailer) return;
    gap(this.trailer.frames, this.trailer.lines);
    if (this.trailer.frames < previous.frame) {
      this.addDamage(
        "trailer",
        previous.end,
        `trailer counts ${this.trailer.frames} frames, there are ${previous.frame}`,
      );
    }
  }

  #ownFrame(checkpoint: TppCheckpoint, offset: number): DataFrame | undefined {
    const last = this.pending.at(-1);
    if (!last || last.end !== offset || last.offset !== offset - checkpoint.compressed_bytes) return undefined;
    if (last.checksum !== checkpoint.checksum || last.rawBytes !== checkpoint.frame_raw_bytes) return undefined;
    return last;
  }

  /**
   * Decides about data frames without a checkpoint. A single one is proven by its neighbours if exactly one frame is
   * missing there and this one has its offset and its number of bytes.
   */
  #settlePending(
    next: { frame: number; lines: number; rawBytes: number },
    shift: number,
    own: DataFrame | undefined,
  ): void {
    const orphans = this.pending.filter((frame) => frame !== own);
    const [orphan] = orphans;
    const last = this.#last;
    const fits =
      orphan !== undefined &&
      orphans.length === 1 &&
      next.frame === last.frame + 1 &&
      shift === last.shift &&
      orphan.offset === last.end &&
      orphan.rawBytes === next.rawBytes - last.rawBytes;
    this.pending = orphans;
    if (!fits) {
      this.dropPending();
      return;
    }
    this.pending = [];
    const at = orphan.end;
    this.addDamage(
      "checkpoint",
      at,
      `checkpoint of frame ${next.frame} at byte ${at} is damaged; its neighbours prove the frame, which is used`,
      next.frame,
    );
    this.#accept(orphan, next.frame, last.lines, next.lines - last.lines, true);
    this.#anchors.set(next.frame, { ...next, frameLines: next.lines - last.lines, end: at });
  }

  #accept(frame: DataFrame, number: number, firstLine: number, lines: number | null, confirmed: boolean): void {
    const { offset, rawBytes, checksum } = frame;
    const compressedBytes = frame.end - offset;
    this.frames.push({ number, offset, compressedBytes, rawBytes, checksum, firstLine, lines, confirmed });
  }
}

/** Each frame holds at least one line, and each line at least one byte. */
function senselessCounts(frames: number, lines: number, rawBytes: number): string | null {
  if (lines > rawBytes) return `counts ${lines} lines in ${rawBytes} bytes`;
  return frames > lines ? `counts ${frames} frames with ${lines} lines` : null;
}
