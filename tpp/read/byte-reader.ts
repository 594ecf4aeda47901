/**
 * Small reads anywhere in a file. Two windows buffer them, so that walking and searching read only what they need.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { NotAFileError } from "../errors.ts";
import type { ReadAt } from "../format/zstd-frame.ts";

/** Least number of bytes that `at` reads at a time. */
export const windowBytes = 1024;
const peekBytes = 4096;

/** A buffered part of the file. */
class Window {
  bytes: Buffer;
  start = 0;
  length = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size);
  }

  holds(offset: number, length: number): boolean {
    return offset >= this.start && offset + length <= this.start + this.length;
  }

  fill(fd: number, offset: number): void {
    this.start = offset;
    this.length = 0;
    while (this.length < this.bytes.length) {
      const got = readSync(fd, this.bytes, this.length, this.bytes.length - this.length, offset + this.length);
      if (got === 0) break;
      this.length += got;
    }
  }

  /** Those of these bytes that it holds. */
  part(offset: number, length: number): Buffer {
    const from = offset - this.start;
    return this.bytes.subarray(from, Math.max(from, Math.min(from + length, this.length)));
  }
}

export class ByteReader {
  fileBytes = 0;
  /** Bytes that the file takes on the disk: less than `fileBytes` if it is sparse. */
  storedBytes = 0;
  /** Bytes read from the file so far. */
  readBytes = 0;
  readonly #fd: number;
  readonly #front = new Window(windowBytes);
  readonly #behind = new Window(peekBytes);

  /** Throws a NotAFileError for a pipe or a device, which cannot be read at arbitrary offsets. */
  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // so that a FIFO does not wait for a writer
    const stat = fstatSync(this.#fd);
    const isEmptyDevice = stat.isCharacterDevice() && readSync(this.#fd, Buffer.alloc(1)) === 0; // /dev/null
    if (!stat.isFile() && !stat.isDirectory() && !isEmptyDevice) {
      closeSync(this.#fd);
      throw new NotAFileError(path);
    }
    this.#measure(stat);
  }

  #measure({ size, blocks }: Stats): void {
    this.fileBytes = size;
    // Some file systems report 0 blocks: they store small files elsewhere, or do not count.
    this.storedBytes = blocks > 0 ? Math.min(size, blocks * 512) : size;
  }

  /** Looks at the file's size again, and returns what the system says of the open file. */
  refresh(): Stats {
    const stat = fstatSync(this.#fd);
    this.#measure(stat);
    return stat;
  }

  /** Up to `length` bytes at `offset`; valid until the next call. */
  readonly at: ReadAt = (offset, length) => {
    const available = Math.max(0, Math.min(length, this.fileBytes - offset));
    const window = this.#front;
    if (!window.holds(offset, available)) {
      if (available > window.bytes.length) window.bytes = Buffer.allocUnsafeSlow(available);
      else if (available <= windowBytes && window.bytes.length > windowBytes)
        window.bytes = window.bytes.subarray(0, windowBytes);
      window.fill(this.#fd, offset);
      this.readBytes += window.length;
    }
    return window.part(offset, available);
  };

  /** One byte. A distant one is read through the second window, so that the contents of the first are kept. */
  byteAt(offset: number): number | undefined {
    if (offset >= this.fileBytes) return undefined;
    if (this.#front.holds(offset, 1)) return this.#front.part(offset, 1)[0];
    if (!this.#behind.holds(offset, 1)) {
      this.#behind.fill(this.#fd, offset);
      this.readBytes += this.#behind.length;
    }
    return this.#behind.part(offset, 1)[0];
  }

  /** Reads into the caller's memory. Returns the number of bytes read. */
  into(target: Buffer, offset: number): number {
    let done = 0;
    while (done < target.length) {
      const got = readSync(this.#fd, target, done, target.length - done, offset + done);
      if (got === 0) break;
      done += got;
    }
    this.readBytes += done;
    return done;
  }

  close(): void {
    closeSync(this.#fd);
  }
}
