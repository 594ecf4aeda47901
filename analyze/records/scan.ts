/**
 * The rows of a pass for one query of DuckDB. Several of its threads can read them. Where order matters, each is given
 * a range of rows that follow each other, so that what a thread gathers before it writes a row group is in order.
 */
import { availableParallelism } from "node:os";
import duckdb from "@duckdb/node-bindings";
import { BatchesAhead } from "./ahead.ts";
import type { Batch } from "./batch.ts";
import type { Pass } from "./pass.ts";

export const vectorRows = duckdb.vector_size();

/** Threads of DuckDB that should read a pass. It gives rows out in one thread and would not keep up with more. */
export const scanThreads = Math.min(2, availableParallelism());

/** Rows [from, from + count) of a batch. The first of them is record number `ord`. */
export interface Stretch {
  readonly batch: Batch;
  readonly from: number;
  readonly count: number;
  readonly ord: number;
}

/** Copies a stretch of one column into a vector. */
export type Write = (vector: duckdb.Vector, stretch: Stretch) => void;

/** A thread that reads. */
interface Reader {
  /** Rows of its range that were read from the pass for the next range to begin, a chunk each. */
  readonly waiting: Stretch[];
  /** Rows of its range that are still to be read from the pass. */
  left: number;
}

export interface ScanOptions {
  /** How each column that the query uses is written, in order. */
  readonly writes: readonly Write[];
  /** Number of the first record. */
  readonly ord: number;
  /** Rows in a range; null where each chunk may be given to any thread. */
  readonly rangeRows: number | null;
}

export class Scan {
  readonly pass: Pass;
  readonly #batches: BatchesAhead;
  readonly #writes: readonly Write[];
  readonly #rangeRows: number | null;
  readonly #readers = new Map<object, Reader>();
  /** The reader whose range is the latest. */
  #last: Reader | null = null;
  #batch: Batch | null = null;
  #from = 0;
  #ord: number;
  /** Number of rows of each batch that have not been written. */
  readonly #unwritten = new Map<Batch, number>();

  constructor(pass: Pass, { writes, ord, rangeRows }: ScanOptions) {
    this.pass = pass;
    this.#batches = new BatchesAhead(pass);
    this.#writes = writes;
    this.#ord = ord;
    this.#rangeRows = rangeRows;
  }

  /** Number of the next record. */
  get ord(): number {
    return this.#ord;
  }

  /** Whether no thread has rows of this scan to come. */
  get isDone(): boolean {
    return this.#unwritten.size === 0;
  }

  /** Fills a chunk with the next records for a thread, which `thread` stands for. Returns false at the end. */
  write(chunk: duckdb.DataChunk, thread: object): boolean {
    const reader = this.#readerFor(thread);
    if (reader.waiting.length === 0 && reader.left === 0) this.#beginRange(reader);
    const stretch = reader.waiting.shift() ?? this.#take(reader);
    duckdb.data_chunk_set_size(chunk, stretch?.count ?? 0);
    if (stretch === null) return false;
    for (const [index, write] of this.#writes.entries()) write(duckdb.data_chunk_get_vector(chunk, index), stretch);
    this.#written(stretch);
    this.#batches.served();
    return true;
  }

  #readerFor(thread: object): Reader {
    let reader = this.#readers.get(thread);
    if (reader === undefined) {
      reader = { waiting: [], left: 0 };
      this.#readers.set(thread, reader);
    }
    return reader;
  }

  /** Gives the reader the next range. What is left of the one before it is read first, for its own reader. */
  #beginRange(reader: Reader): void {
    const before = this.#last;
    while (before !== null && before.left > 0) {
      const stretch = this.#take(before);
      if (stretch !== null) before.waiting.push(stretch);
    }
    reader.left = this.#rangeRows ?? vectorRows;
    this.#last = reader;
  }

  /** The next rows of the reader's range. Null at the end. */
  #take(reader: Reader): Stretch | null {
    while (this.#batch === null || this.#from === this.#batch.rows) {
      this.#batch = this.#batches.next();
      this.#from = 0;
      if (this.#batch === null) {
        reader.left = 0;
        return null;
      }
      if (this.#batch.rows === 0) this.pass.release(this.#batch);
      else this.#unwritten.set(this.#batch, this.#batch.rows);
    }
    const batch = this.#batch;
    const count = Math.min(vectorRows, batch.rows - this.#from, reader.left);
    const stretch = { batch, from: this.#from, count, ord: this.#ord };
    this.#from += count;
    this.#ord += count;
    reader.left = this.#rangeRows === null ? 0 : reader.left - count;
    return stretch;
  }

  #written({ batch, count }: Stretch): void {
    const left = this.#unwritten.get(batch)! - count;
    if (left > 0) {
      this.#unwritten.set(batch, left);
      return;
    }
    this.#unwritten.delete(batch);
    this.pass.release(batch);
  }

  close(): void {
    this.#batches.close();
  }
}
