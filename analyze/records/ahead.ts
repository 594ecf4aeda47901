/**
 * Prepares batches of a pass while DuckDB works on earlier ones. DuckDB has its own threads, so this thread would
 * otherwise be idle.
 */
import type { Batch } from "./batch.ts";
import type { Pass } from "./pass.ts";

/** Most batches prepared ahead of time: about what DuckDB gathers before it writes a row group. */
const mostReady = 20;
/** Delay before it is checked again whether a batch can be prepared. */
const pauseMs = 1;
/** Fewer batches than this are replaced at once. */
const fewReady = 2;
/**
 * To write a file, DuckDB asks for rows in quick succession until a row group is full, then works on it for long.
 * Within this time after a request another may come at once, and a batch prepared now would delay it.
 */
const quickMs = 1;

export class BatchesAhead {
  readonly #pass: Pass;
  readonly #ready: Batch[] = [];
  #ended = false;
  #closed = false;
  #error: unknown;
  #failed = false;
  #running = false;
  /** When DuckDB was last given rows, by performance.now(). */
  #servedMs = 0;

  constructor(pass: Pass) {
    this.#pass = pass;
  }

  /** The next batch, or null at the end. Throws what the pass throws. */
  next(): Batch | null {
    if (this.#ready.length === 0) this.#make();
    const batch = this.#ready.shift();
    if (batch === undefined && this.#failed) throw this.#error;
    this.#begin();
    return batch ?? null;
  }

  /** Call this each time DuckDB has been given rows. */
  served(): void {
    this.#servedMs = performance.now();
  }

  /** Stops preparing batches. */
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
    const isDuckDbQuick = this.#ready.length >= fewReady && performance.now() - this.#servedMs < quickMs;
    if (!isDuckDbQuick && this.#pass.isReady) {
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
