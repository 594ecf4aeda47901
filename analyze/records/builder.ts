/** Collects the rows that a reader finds in text into batches. */
import type { BadLine, BatchData, Layout, LostHere, ProcessTold, Values } from "./batch.ts";
import type { EndsTable } from "./ends.ts";

/** Most distinct reasons for bad lines kept for a batch. Lines with further reasons are counted together. */
const mostReasons = 50;
/** Most characters kept of a bad line. */
const shownLine = 200;
/** Most distinct texts of a batch that are deduplicated. */
const mostTexts = 1 << 13;

/** Columns that hold sequence numbers. */
const numberColumns = ["seq_num", "ack_num", "snd_nxt", "snd_una", "write_seq"];

export interface BatchOutput {
  /** Supplies memory for the next batch, of the size that the layout needs. */
  readonly memory: () => SharedArrayBuffer;
  readonly emit: (data: BatchData) => void;
}

export class BatchBuilder {
  readonly layout: Layout;
  readonly ends: EndsTable;
  /** Number of rows so far. */
  row = 0;
  readonly hasNulls: boolean[];
  readonly #output: BatchOutput;
  #memory: SharedArrayBuffer;
  #values: Values[] = [];
  #valid: Uint8Array[] = [];
  #texts: (string[] | null)[] = [];
  readonly #textPlaces: readonly Map<string, number>[];
  #bad = new Map<string, BadLine>();
  #lost: LostHere[] = [];
  #failedPolls: number[] = [];
  #processes: ProcessTold[] = [];
  /** For ss; see BatchData. */
  polls: { waiting: number; lastNs: number | null } | null = null;
  readonly #numbers: readonly number[];
  readonly #ns: number;

  constructor(layout: Layout, ends: EndsTable, output: BatchOutput) {
    this.layout = layout;
    this.ends = ends;
    this.#output = output;
    this.hasNulls = layout.columns.map(() => false);
    this.#numbers = numberColumns.map((name) => layout.place(name)).filter((place) => place >= 0);
    this.#ns = layout.place("ns");
    this.#textPlaces = layout.columns.map(() => new Map());
    this.#memory = output.memory();
    this.#begin();
  }

  get isFull(): boolean {
    return this.row === this.layout.rows;
  }

  #begin(): void {
    const { columns } = this.layout;
    this.row = 0;
    this.#values = columns.map((_, place) => this.layout.values(this.#memory, place));
    this.#valid = columns.map((_, place) => this.layout.valid(this.#memory, place).fill(255));
    this.#texts = columns.map(({ kind }) => (kind === "text" ? [] : null));
    for (const places of this.#textPlaces) places.clear();
    this.hasNulls.fill(false);
    this.ends.prepare(this.layout.rows);
  }

  values<Array extends Values>(name: string): Array {
    return this.#values[this.layout.place(name)] as Array;
  }

  valuesAt(place: number): Values {
    return this.#values[place]!;
  }

  /** Marks this column of the row as NULL. */
  setNull(place: number, row = this.row): void {
    this.#valid[place]![row >> 3]! &= ~(1 << (row & 7));
    this.hasNulls[place] = true;
  }

  setText(place: number, text: string, row = this.row): void {
    const texts = this.#texts[place]!;
    const places = this.#textPlaces[place]!;
    let at = places.get(text);
    if (at === undefined) {
      at = texts.length;
      texts.push(text);
      if (places.size < mostTexts) places.set(text, at);
    }
    this.#values[place]![row] = at;
  }

  bad(why: string, line: string): void {
    const reason = this.#bad.has(why) || this.#bad.size < mostReasons ? why : "of other kinds";
    const known = this.#bad.get(reason);
    if (known) known.count++;
    else this.#bad.set(reason, { why: reason, line: line.slice(0, shownLine), count: 1 });
  }

  lost(lost: number | null, cpu: number | null): void {
    this.#lost.push({ row: this.row, lost, cpu });
  }

  failedPoll(ns: number): void {
    this.#failedPolls.push(ns);
  }

  process(told: ProcessTold): void {
    this.#processes.push(told);
  }

  /** Hands on the current batch and begins the next one. */
  flush(): void {
    const rows = this.row;
    const { sorted, firstNs, lastNs } = orderOf(this.#values[this.#ns] as Float64Array, rows);
    let bits = 0;
    for (const place of this.#numbers) bits |= bitsOf(this.#values[place] as Int32Array, rows);
    this.#output.emit({
      memory: this.#memory,
      rows,
      hasNulls: [...this.hasNulls],
      texts: this.#texts,
      ...this.ends.takeNews(),
      sorted,
      firstNs,
      lastNs,
      upperHalf: bits < 0,
      bad: [...this.#bad.values()],
      lost: this.#lost,
      failedPolls: this.#failedPolls,
      processes: this.#processes,
      polls: this.polls,
    });
    this.#bad = new Map();
    this.#lost = [];
    this.#failedPolls = [];
    this.#processes = [];
    this.#memory = this.#output.memory();
    this.#begin();
  }

  /** Whether the current batch holds nothing to hand on. */
  get isEmpty(): boolean {
    return (
      this.row === 0 &&
      (this.polls?.lastNs ?? null) === null &&
      this.#bad.size === 0 &&
      this.#lost.length === 0 &&
      this.#failedPolls.length === 0 &&
      this.#processes.length === 0
    );
  }
}

/** Whether times never decrease, and the earliest and latest; NaN where there are none. */
function orderOf(ns: Float64Array, rows: number): { sorted: boolean; firstNs: number; lastNs: number } {
  let sorted = true;
  let firstNs = rows > 0 ? ns[0]! : Number.NaN;
  let lastNs = firstNs;
  for (let row = 1; row < rows; row++) {
    const at = ns[row]!;
    if (at < lastNs) sorted = false;
    if (at > lastNs) lastNs = at;
    if (at < firstNs) firstNs = at;
  }
  return { sorted, firstNs, lastNs };
}

/** The bitwise OR of the lower halves of 64-bit numbers. */
function bitsOf(values: Int32Array, rows: number): number {
  let bits = 0;
  for (let row = 0; row < rows; row++) bits |= values[2 * row]!;
  return bits;
}
