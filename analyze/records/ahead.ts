/**
 * The batches of a pass, some made ready while DuckDB works on those before them: it has threads of its own, and this
 * one is idle then.
 */
import type { Batch } from "./batch.ts";
import type { Pass } from "./pass.ts";

/** Batches that may wait: about what DuckDB gathers before it writes a row group. */
const mostReady = 20;
/** Until it is looked again whether the reading threads have something. */
const pauseMs = 1;

export class BatchesAhead {
  readonly #pass: Pass;
  readonly #ready: Batch[] = [];
  #ended = false;
  #closed = false;
  #error: unknown;
  #failed = false;
  #running = false;

  constructor(pass: Pass) {
    this.#pass = pass;
  }

  /** The next batch; null at the end. Throws what the pass throws. */
  next(): Batch | null {
    if (this.#ready.length === 0) this.#make();
    const batch = this.#ready.shift();
    if (batch === undefined && this.#failed) throw this.#error;
    this.#begin();
    return batch ?? null;
  }

  /** Nothing is made ready any more. */
  close(): void {
    this.#closed = true;
  }

  #begin(): void {
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    this.#running = false;
    if (this.#closed || this.#ended || this.#ready.length >= mostReady) return;
    if (this.#pass.isReady) {
      this.#make();
      this.#begin();
    } else {
      this.#running = true;
      setTimeout(() => this.#run(), pauseMs);
    }
  }

  #make(): void {
    if (this.#ended) return;
    try {
      const batch = this.#pass.next();
      if (batch === null) this.#ended = true;
      else this.#ready.push(batch);
    } catch (error) {
      this.#ended = this.#failed = true;
      this.#error = error;
    }
  }
}
