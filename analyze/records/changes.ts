/**
 * Finds changes of the congestion state, and for each the last record before it that reported a window. Where every
 * packet has a record, this is the record of the packet that changed the state. The column is set only on the first
 * record that shows a new state, so these few records are found without reading the others.
 */
import type { Batch, Layout } from "./batch.ts";
import {
  type Bytes,
  cellsOf,
  emptyColumn,
  type Filled,
  flowsOf,
  grown,
  isSet,
  mark,
  putLong,
  tellNulls,
  type Words,
} from "./cells.ts";
import type { CarriedSpec } from "./columns.ts";
import type { StatesTold } from "./follow.ts";

/** `before_ord`: number (`ord`) of that earlier record, set on the first record that shows a new state. */
export const changeSpecs: readonly CarriedSpec[] = [{ name: "before_ord", kind: "i64", type: "BIGINT" }];

const typeCaState = 7;
const none = -1;

/**
 * Values kept for each connection: the state before its last record, the state since, the number of the record before
 * that change, the number of the last record that reported a window.
 */
const fields = 4;
const at = { held: 0, state: 1, before: 2, window: 3 } as const;

/** The columns of a batch that are read, and those that are filled. */
interface Columns {
  readonly types: Uint8Array;
  readonly flow: Words;
  readonly cwnd: Words | null;
  readonly state: Bytes | null;
  readonly held: Bytes | null;
  readonly before: Filled<Int32Array>;
}

export class Changes {
  readonly #states: StatesTold;
  #last = new Float64Array(fields * 1024).fill(none);
  /** Number of records so far. */
  #records = 0;

  /** Null for a source that does not report congestion states. */
  static of(states: StatesTold, layout: Layout): Changes | null {
    return states !== "never" && layout.place("before_ord") >= 0 ? new Changes(states) : null;
  }

  private constructor(states: StatesTold) {
    this.#states = states;
  }

  /** Fills the column of a batch that `Following` has filled. `flows`: number of connections so far. */
  follow(batch: Batch, flows: number): void {
    this.#last = grown(this.#last, fields * (flows + 1), none);
    const columns: Columns = {
      types: batch.column<Uint8Array>("type"),
      flow: flowsOf(batch),
      cwnd: cellsOf(batch, "snd_cwnd"),
      state: cellsOf(batch, "ca_state"),
      held: cellsOf(batch, "held_ca_state"),
      before: emptyColumn(batch, "before_ord"),
    };
    this.#fill(batch.rows, columns);
    tellNulls(batch, [columns.before]);
    this.#records += batch.rows;
  }

  #fill(rows: number, { types, flow, cwnd, state, held: told, before }: Columns): void {
    const [last, records] = [this.#last, this.#records];
    const always = this.#states === "always";
    for (let row = 0; row < rows; row++) {
      if (!isSet(flow.valid, row)) continue;
      const hasWindow = cwnd !== null && isSet(cwnd.valid, row);
      const reported = state !== null && isSet(state.valid, row) ? state.values[row]! : none;
      if (!hasWindow && (always || reported === none)) continue;
      const base = flow.values[row]! * fields;
      const stateSoFar = last[base + at.state]!;
      const heldBefore = last[base + at.held]!;
      const isTold = told !== null && isSet(told.valid, row);
      const held = isTold ? told.values[row]! : always ? reported : none;
      const isChange = always && types[row] === typeCaState && heldBefore !== none;
      let changed = none;
      // The state that a change ended can be unknown: that of a connection that began before the capture.
      if (held !== none && held !== heldBefore && (heldBefore !== none || (!always && stateSoFar === held)))
        changed = last[base + (stateSoFar === held ? at.before : at.window)]!;
      last[base + at.held] = held;
      last[base + at.state] = reported === none ? held : reported;
      if ((isChange || !always) && reported !== none && reported !== held)
        last[base + at.before] = last[base + at.window]!;
      if (changed !== none) {
        putLong(before.values, row, changed);
        mark(before.valid, row);
      }
      // What such a record shows is what the kernel made of the window with the change.
      if (hasWindow && !isChange) last[base + at.window] = records + row + 1;
    }
  }
}
