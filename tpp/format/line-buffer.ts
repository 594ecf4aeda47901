/** Collects raw source bytes and cuts them into chunks for data frames, on whole lines. */
import { maxRawFrameBytes } from "./zstd-frame.ts";

const newline = 10;

/** Chunks kept for reuse, as many as a writer lets wait. Allocating memory costs more than filling it. */
const maxSpare = 9;

export interface LineChunk {
  readonly raw: Buffer;
  readonly lines: number;
}

/** If lines are shorter than this, examining each byte is faster than searching for the next newline. */
const shortLine = 6;
const stretchBytes = 16 * 1024;

export function countNewlines(bytes: Buffer): number {
  let count = 0;
  let lines = 0;
  for (let start = 0; start < bytes.length; start += stretchBytes) {
    const stretch = bytes.subarray(start, start + stretchBytes);
    // Choose by the length of lines in the previous stretch.
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
  // 1 for a newline, 0 for any other byte, without a branch that would often be mispredicted.
  for (let at = 0; at < bytes.length; at += 1) count += ((bytes[at]! ^ newline) - 1) >>> 31;
  return count;
}

/** Number of lines as the format counts them: newlines, plus one for a last line without a newline. */
export function countLines(bytes: Buffer): number {
  return countNewlines(bytes) + (bytes.length > 0 && bytes[bytes.length - 1] !== newline ? 1 : 0);
}

/** Divides bytes into the units that the format counts as lines. */
interface Units {
  /** Number of units that end in bytes `from` to `to` of the buffer. */
  count(buffer: Buffer, from: number, to: number): number;
  /** Where the last whole unit ends. */
  end(buffer: Buffer, used: number): number;
  /** Whether the bytes end inside a unit. */
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

/** Counts what the format counts as lines: binary records of `recordBytes`, or lines of text where that is null. */
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

  /** Number of whole lines in the buffer. */
  get lines(): number {
    return this.#lines;
  }

  /** The whole lines in the buffer. Valid until the next call. */
  wholeLines(): Buffer {
    return this.#buffer.subarray(0, this.#used === 0 ? 0 : this.#buffer.lastIndexOf(newline, this.#used - 1) + 1);
  }

  /** Takes as much of `chunk` as fits and returns how much. If this is not all of it, call `take` next. */
  add(chunk: Buffer): number {
    const taken = chunk.subarray(0, this.#buffer.length - this.#used);
    taken.copy(this.#buffer, this.#used);
    this.filled(taken.length);
    return taken.length;
  }

  /** The free space. Put bytes at its beginning, then call `filled`. */
  space(): Buffer {
    return this.#buffer.subarray(this.#used);
  }

  filled(bytes: number): void {
    const end = this.#used + bytes;
    this.#lines += this.#units.count(this.#buffer, this.#used, end);
    this.#used = end;
  }

  /**
   * Takes the whole lines from the buffer, or returns undefined if there are none. The beginning of an unfinished line
   * stays. If that leaves less than `room` bytes, the buffer grows. At the format's limit the line is cut.
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

  /** Takes everything that is left, including a last line without a newline. */
  takeRest(): LineChunk | undefined {
    return this.#used === 0 ? undefined : this.#cut(this.#used);
  }

  /** Gives a chunk's memory back for reuse. */
  recycle(chunk: LineChunk): void {
    const whole = Buffer.from(chunk.raw.buffer, chunk.raw.byteOffset, this.#frameBytes);
    if (chunk.raw.buffer.byteLength === this.#frameBytes && this.#spare.length < maxSpare) this.#spare.push(whole);
  }

  #cut(end: number): LineChunk {
    const raw = this.#buffer.subarray(0, end);
    const next = this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#frameBytes);
    const rest = this.#buffer.subarray(end, this.#used);
    // The rest can be longer than a frame only after the buffer has grown. It then gets a buffer that is large enough.
    const room = rest.length < next.length ? next : Buffer.allocUnsafeSlow(rest.length + this.#frameBytes);
    rest.copy(room);
    const lines = end === this.#used && this.#units.isOpen(raw) ? this.#lines + 1 : this.#lines;
    this.#buffer = room;
    this.#used = rest.length;
    this.#lines = 0;
    return { raw, lines };
  }
}
