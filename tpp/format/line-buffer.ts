/** Collects raw source bytes and cuts them into chunks for data frames, on whole lines. */
import { maxRawFrameBytes } from "./zstd-frame.ts";

const newline = 10;

/** New memory costs more than what it is filled with: as many chunks as a writer lets wait are used again. */
const maxSpare = 9;

export interface LineChunk {
  readonly raw: Buffer;
  readonly lines: number;
}

/** Above one newline in so many bytes, looking at each byte is quicker than asking for the next newline. */
const shortLine = 6;
const stretchBytes = 16 * 1024;

export function countNewlines(bytes: Buffer): number {
  let count = 0;
  let lines = 0;
  for (let start = 0; start < bytes.length; start += stretchBytes) {
    const stretch = bytes.subarray(start, start + stretchBytes);
    // As the lines were in the stretch before.
    lines = lines * shortLine > stretchBytes ? countByByte(stretch) : countByLine(stretch);
    count += lines;
  }
  return count;
}

function countByLine(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}

function countByByte(bytes: Buffer): number {
  let count = 0;
  // 1 for a newline, 0 for all else, without a branch that would be guessed wrongly half of the time.
  for (let at = 0; at < bytes.length; at += 1) count += ((bytes[at]! ^ newline) - 1) >>> 31;
  return count;
}

/** Lines as the format counts them: newlines, and one more for a last line without. */
export function countLines(bytes: Buffer): number {
  return countNewlines(bytes) + (bytes.length > 0 && bytes[bytes.length - 1] !== newline ? 1 : 0);
}

/** How bytes divide into what the format counts as lines. */
interface Units {
  /** Whole ones that end in bytes `from` to `to` of the buffer. */
  count(buffer: Buffer, from: number, to: number): number;
  /** Where the last whole one ends. */
  end(buffer: Buffer, used: number): number;
  /** Whether the last bytes are one that has not ended. */
  isOpen(bytes: Buffer): boolean;
}

const textLines: Units = {
  count: (buffer, from, to) => countNewlines(buffer.subarray(from, to)),
  end: (buffer, used) => buffer.lastIndexOf(newline, used - 1) + 1,
  isOpen: (bytes) => bytes[bytes.length - 1] !== newline,
};

const recordsOf = (recordBytes: number): Units => ({
  count: (_, from, to) => Math.floor(to / recordBytes) - Math.floor(from / recordBytes),
  end: (_, used) => used - (used % recordBytes),
  isOpen: (bytes) => bytes.length % recordBytes !== 0,
});

/** What the format counts as lines: binary records of `recordBytes`, or lines of text where that is null. */
export function countUnits(bytes: Buffer, recordBytes: number | null): number {
  return recordBytes === null ? countLines(bytes) : Math.ceil(bytes.length / recordBytes);
}

export class LineBuffer {
  readonly #units: Units;
  readonly #frameBytes: number;
  #buffer: Buffer;
  #used = 0;
  #lines = 0;
  readonly #spare: Buffer[] = [];

  /** `recordBytes`: the length of binary records, null for text. */
  constructor(frameBytes: number, recordBytes: number | null = null) {
    this.#units = recordBytes === null ? textLines : recordsOf(recordBytes);
    this.#frameBytes = Math.min(frameBytes, maxRawFrameBytes);
    this.#buffer = Buffer.allocUnsafeSlow(this.#frameBytes);
  }

  get bytes(): number {
    return this.#used;
  }

  /** Whole lines waiting in it. */
  get lines(): number {
    return this.#lines;
  }

  /** Those lines; valid until anything else is called. */
  wholeLines(): Buffer {
    return this.#buffer.subarray(0, this.#used === 0 ? 0 : this.#buffer.lastIndexOf(newline, this.#used - 1) + 1);
  }

  /** Takes as much of `chunk` as fits and says how much; when that is not all, `take` must be called next. */
  add(chunk: Buffer): number {
    const taken = chunk.subarray(0, this.#buffer.length - this.#used);
    taken.copy(this.#buffer, this.#used);
    this.filled(taken.length);
    return taken.length;
  }

  /** What is free: bytes put at its beginning are taken by `filled`. */
  space(): Buffer {
    return this.#buffer.subarray(this.#used);
  }

  filled(bytes: number): void {
    const end = this.#used + bytes;
    this.#lines += this.#units.count(this.#buffer, this.#used, end);
    this.#used = end;
  }

  /**
   * The whole lines waiting, or undefined when there are none; what is left of the last line stays. A line that leaves
   * less than `room` makes the buffer grow, and is cut at the format's limit.
   */
  take(room = 1): LineChunk | undefined {
    if (this.#lines === 0) {
      if (this.#buffer.length - this.#used >= room) return undefined;
      if (this.#buffer.length >= maxRawFrameBytes) return this.#cut(this.#used);
      const larger = Buffer.allocUnsafeSlow(Math.min(this.#buffer.length * 2, maxRawFrameBytes));
      this.#buffer.copy(larger, 0, 0, this.#used);
      this.#buffer = larger;
      return undefined;
    }
    return this.#cut(this.#units.end(this.#buffer, this.#used));
  }

  /** Everything that is left, a last line without newline too. */
  takeRest(): LineChunk | undefined {
    return this.#used === 0 ? undefined : this.#cut(this.#used);
  }

  /** Gives a chunk's memory back for another frame. */
  recycle(chunk: LineChunk): void {
    const whole = Buffer.from(chunk.raw.buffer, chunk.raw.byteOffset, this.#frameBytes);
    if (chunk.raw.buffer.byteLength === this.#frameBytes && this.#spare.length < maxSpare) this.#spare.push(whole);
  }

  #cut(end: number): LineChunk {
    const raw = this.#buffer.subarray(0, end);
    const next = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#frameBytes);
    const rest = this.#buffer.subarray(end, this.#used);
    // A rest longer than a frame can only follow a grown line; it moves in a buffer of its own size.
    const room = rest.length < next.length ? next : Buffer.allocUnsafeSlow(rest.length + this.#frameBytes);
    rest.copy(room);
    const lines = end === this.#used && this.#units.isOpen(raw) ? this.#lines + 1 : this.#lines;
    this.#buffer = room;
    this.#used = rest.length;
    this.#lines = 0;
    return { raw, lines };
  }
}
