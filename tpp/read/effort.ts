/**
 * Limits the work on one file, so that no content can make a reader slow. The limit depends on the file's size on the
 * disk, and is a few times what an intact file of that size needs. Work is counted in bytes read; other steps count as
 * a number of bytes.
 */
export class Effort {
  #left: number;

  constructor(storedBytes: number) {
    this.#left = 16 * storedBytes + 1024 * 1024 * 1024;
  }

  /** Returns false once the limit is reached. */
  spend(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }
}
