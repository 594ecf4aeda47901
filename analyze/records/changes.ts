/**
 * Changes of the congestion state, and the record before each that told the window last: the one whose packet changed
 * it, wherever each packet has a record. Only the first record that shows a new state has the column, so that the few
 * of interest are found without reading the others.
 */
import type { Batch, Layout } from "./batch.ts";
import type { ColumnSpec } from "./columns.ts";
import type { StatesTold } from "./follow.ts";

/** `before_ord`: place of that record, on the first one of a new state. */
export const changeSpecs: readonly ColumnSpec[] = [{ name: "before_ord", kind: "i64" }];

/** SQL types of those columns. */
export const changeTypes: Readonly<Record<string, string>> = { before_ord: "BIGINT" };

const open = 0;
const none = -1;
const whole = 4294967296;

/**
 * Of each connection: the state until its last record, the state since, place of the record before that change, place
 * of the last that told a window.
 */
const fields = 4;
const at = { held: 0, state: 1, before: 2, told: 3 } as const;

export class Changes {
  readonly #states: StatesTold;
  #last = new Float64Array(fields * 1024).fill(none);
  /** Records so far. */
  #records = 0;

  /** Null for a source that tells no states. */
  static of(states: StatesTold, layout: Layout): Changes | null {
    return states !== "never" && layout.place("before_ord") >= 0 ? new Changes(states) : null;
  }

  private constructor(states: StatesTold) {
    this.#states = states;
  }

  /** Fills the column of a batch whose connections are known. `flows`: connections so far. */
  follow(batch: Batch, flows: number): void {
    if (fields * (flows + 1) > this.#last.length) {
      const larger = new Float64Array(fields * Math.max(flows + 1, (this.#last.length / fields) * 2)).fill(none);
      larger.set(this.#last);
      this.#last = larger;
    }
    const place = batch.layout.place("before_ord");
    batch.hasNulls[place] = true;
    const before = { values: batch.at(place), valid: batch.valid(place).fill(0) };
    const source = (name: string) => {
      const place = batch.layout.place(name);
      if (place < 0) return null;
      const [values, valid] = [batch.at(place), batch.hasNulls[place] ? batch.valid(place) : null];
      return { values, has: (row: number) => valid === null || (valid[row >> 3]! & (1 << (row & 7))) !== 0 };
    };
    const [flow, cwnd, state] = [source("flow")!, source("snd_cwnd"), source("ca_state")];
    const last = this.#last;
    for (let row = 0; row < batch.rows; row++) {
      if (!flow.has(row)) continue;
      const tellsWindow = cwnd?.has(row) ?? false;
      const told = state?.has(row) ? state.values[row]! : none;
      if (!tellsWindow && (this.#states === "always" || told === none)) continue;
      const base = flow.values[row]! * fields;
      const ord = this.#records + row + 1;
      if (this.#states === "always") {
        if (last[base + at.state]! !== none && told !== last[base + at.state]!) put(before, row, last[base + at.told]!);
        last[base + at.state] = told;
      } else {
        // Where only changes are told, it is Open until the first; what a record tells holds behind it.
        const held = last[base + at.state]! === none ? open : last[base + at.state]!;
        if (last[base + at.held]! !== none && held !== last[base + at.held]!) put(before, row, last[base + at.before]!);
        last[base + at.held] = held;
        last[base + at.state] = told === none ? held : told;
        if (told !== none && told !== held) last[base + at.before] = last[base + at.told]!;
      }
      if (tellsWindow) last[base + at.told] = ord;
    }
    this.#records += batch.rows;
  }
}

function put(column: { values: ArrayLike<number>; valid: Uint8Array }, row: number, ord: number): void {
  if (ord === none) return;
  const values = column.values as { [index: number]: number };
  values[2 * row] = ord % whole;
  values[2 * row + 1] = Math.floor(ord / whole);
  column.valid[row >> 3]! |= 1 << (row & 7);
}
