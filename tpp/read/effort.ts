/**
 * Bounds the work on one file by what of it is on the disk, so that no content makes a reader slow: a few times what a
 * sound file of its size needs. What was done is counted in bytes read, or something like it for a step of its own.
 */
export class Effort {
  #left: number;

  constructor(storedBytes: number) {
    this.#left = 16 * storedBytes + 1024 * 1024 * 1024;
  }

  /** False once there is nothing left. */
  spend(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }
}
