/** Small reads anywhere in a file, through one window, so that walking frames touches only what it needs. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ReadAt } from "./zstd-frame.ts";

const windowBytes = 1024;

export class ByteReader {
  readonly fileBytes: number;
  readonly #fd: number;
  #window: Buffer;
  #start = 0;
  #length = 0;

  constructor(path: string) {
    this.#fd = openSync(path, "r");
    this.fileBytes = fstatSync(this.#fd).size;
    this.#window = Buffer.allocUnsafeSlow(windowBytes);
  }

  /** Up to `length` bytes at `offset`; valid until the next call. */
  readonly at: ReadAt = (offset, length) => {
    const available = Math.max(0, Math.min(length, this.fileBytes - offset));
    if (offset < this.#start || offset + available > this.#start + this.#length) this.#fill(offset, available);
    const from = offset - this.#start;
    return this.#window.subarray(from, Math.max(from, Math.min(from + available, this.#length)));
  };

  close(): void {
    closeSync(this.#fd);
  }

  #fill(offset: number, length: number): void {
    if (length > this.#window.length) this.#window = Buffer.allocUnsafeSlow(length);
    else if (length <= windowBytes && this.#window.length > windowBytes)
      this.#window = this.#window.subarray(0, windowBytes);
    this.#start = offset;
    this.#length = 0;
    while (this.#length < this.#window.length) {
      const room = this.#window.length - this.#length;
      const got = readSync(this.#fd, this.#window, this.#length, room, offset + this.#length);
      if (got === 0) break;
      this.#length += got;
    }
  }
}
