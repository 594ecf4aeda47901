/**
 * The recoveries of each connection, counted from 1, and whether they lower its window. Algorithms that answer a loss
 * set ssthresh anew when a recovery begins (tcp_init_cwnd_reduction); others, such as BBR, leave it, and their window
 * comes back. Polls report no congestion state; there a recovery is a run of polls with something lost or sent again.
 */
import type { Batch } from "./batch.ts";
import {
  type Bytes,
  cellsOf,
  emptyColumn,
  type Filled,
  flowsOf,
  grown,
  isSet,
  mark,
  tellNulls,
  type Words,
} from "./cells.ts";
import type { CarriedSpec } from "./columns.ts";

/** Columns that the pass adds to those of `trace`. sql/intervals.sql defines them. */
export const recoverySpecs: readonly CarriedSpec[] = [
  { name: "previous_ssthresh", kind: "u32", type: "UINTEGER" },
  { name: "recovery_run", kind: "u32", type: "UINTEGER" },
  { name: "lowers_window", kind: "u8", type: "BOOLEAN" },
];

/** No value. */
const none = -1;
/** TCP_INFINITE_SSTHRESH: none is set yet. Polls leave it out. */
const infinite = 0x7fffffff;
const typeCaState = 7;
const stateCwr = 2;
const stateRecovery = 3;

/**
 * Values kept of each connection: the last window, ssthresh as reported and the count of retransmissions; of its
 * recoveries, whether one is under way, its number, ssthresh before it, the window before it, whether it set ssthresh
 * anew, and of how many that is known and how many did.
 */
const fields = 10;
const at = { cwnd: 0, reported: 1, retrans: 2, isOn: 3, number: 4, ssthresh: 5, before: 6, set: 7, known: 8, sets: 9 };

/** The columns of a batch that are read, and those that are filled. */
interface Columns {
  readonly types: Uint8Array;
  readonly flow: Words;
  readonly cwnd: Words | null;
  readonly ssthresh: Words | null;
  readonly retrans: Words | null;
  readonly lost: Words | null;
  readonly again: Words | null;
  readonly state: Bytes | null;
  readonly held: Bytes | null;
  readonly previous: Filled<Uint32Array>;
  readonly run: Filled<Uint32Array>;
  readonly lowers: Filled<Uint8Array>;
}

export class Recoveries {
  #of = new Float64Array(fields * 1024).fill(none);

  /** Fills the columns of a batch that `Following` has filled. `flows`: number of connections. */
  follow(batch: Batch, flows: number): void {
    this.#of = grown(this.#of, fields * (flows + 1), none);
    const columns: Columns = {
      types: batch.column<Uint8Array>("type"),
      flow: flowsOf(batch),
      cwnd: cellsOf(batch, "snd_cwnd"),
      ssthresh: cellsOf(batch, "ssthresh"),
      retrans: cellsOf(batch, "retrans"),
      lost: cellsOf(batch, "lost_out"),
      again: cellsOf(batch, "retrans_out"),
      state: cellsOf(batch, "ca_state"),
      held: cellsOf(batch, "held_ca_state"),
      previous: emptyColumn(batch, "previous_ssthresh"),
      run: emptyColumn(batch, "recovery_run"),
      lowers: emptyColumn(batch, "lowers_window"),
    };
    this.#fill(batch.rows, columns);
    tellNulls(batch, [columns.previous, columns.run, columns.lowers]);
  }

  #fill(rows: number, columns: Columns): void {
    const { types, flow, cwnd, ssthresh, retrans, lost, again, state, held, previous, run, lowers } = columns;
    const of = this.#of;
    for (let row = 0; row < rows; row++) {
      if (!isSet(flow.valid, row)) continue;
      const base = flow.values[row]! * fields;
      const window = cwnd !== null && isSet(cwnd.valid, row) ? cwnd.values[row]! : none;
      const isHeld = held !== null && isSet(held.valid, row);
      const told = state !== null && isSet(state.valid, row) ? state.values[row]! : none;
      if (window === none && !isHeld) continue;
      const heldState = isHeld ? held.values[row]! : told;
      const reported = ssthresh !== null && isSet(ssthresh.valid, row) ? ssthresh.values[row]! : none;
      const count = retrans !== null && isSet(retrans.valid, row) ? retrans.values[row]! : none;
      const before = of[base + at.reported]!;
      if (before !== none) {
        previous.values[row] = before;
        mark(previous.valid, row);
      }
      const rose = count > of[base + at.retrans]! && of[base + at.retrans]! !== none;
      const isLost = lost !== null && isSet(lost.valid, row) && lost.values[row]! > 0;
      const isAgain = again !== null && isSet(again.valid, row) && again.values[row]! > 0;
      const isOn = state === null ? rose || isLost || isAgain : heldState === stateRecovery;
      // A change shows what the kernel made of the window with it.
      const isChange = types[row] === typeCaState;
      const stepWindow = isChange ? none : window;
      // The kernel reports at least three quarters of the window, except in CWR and Recovery (tcp_current_ssthresh).
      const isPlain = state === null || heldState === stateCwr || heldState === stateRecovery || reported === infinite;
      const plain = isChange || !isPlain ? none : reported === none ? infinite : reported;
      if (isOn && stepWindow !== none) {
        const lowered = this.#step(base, plain);
        run.values[row] = of[base + at.number]!;
        mark(run.valid, row);
        if (lowered !== none) {
          lowers.values[row] = lowered;
          mark(lowers.valid, row);
        }
      } else if (!isOn) {
        if (of[base + at.isOn] === 1 && stepWindow !== none) this.#end(base, stepWindow);
        if (plain !== none && stepWindow !== none) of[base + at.ssthresh] = plain;
      }
      if (stepWindow !== none) {
        of[base + at.cwnd] = stepWindow;
        of[base + at.reported] = reported;
      }
      if (count !== none) of[base + at.retrans] = count;
    }
  }

  /** A record in a recovery; 1 if that lowers the window, `none` where it is not known. */
  #step(base: number, ssthresh: number): number {
    const of = this.#of;
    const last = of[base + at.ssthresh]!;
    if (of[base + at.isOn] !== 1) {
      of[base + at.isOn] = 1;
      of[base + at.number] = Math.max(of[base + at.number]!, 0) + 1;
      of[base + at.before] = of[base + at.cwnd]!;
      // It is not known of the first one in a capture that began later.
      of[base + at.set] = last === none ? none : ssthresh !== last ? 1 : 0;
      if (last !== none) {
        of[base + at.known] = Math.max(of[base + at.known]!, 0) + 1;
        of[base + at.sets] = Math.max(of[base + at.sets]!, 0) + of[base + at.set]!;
      }
    }
    of[base + at.ssthresh] = ssthresh;
    // It can be set to its old value: if most recoveries set it anew, all count as doing so.
    const known = of[base + at.known]!;
    return known > 0 && of[base + at.sets]! * 2 >= known ? 1 : of[base + at.set]!;
  }

  /** By the end of a recovery that lowers the window, it has come down to ssthresh (tcp_end_cwnd_reduction). */
  #end(base: number, window: number): void {
    const of = this.#of;
    const ssthresh = of[base + at.ssthresh]!;
    const cameDown = window >= ssthresh && window <= ssthresh + 1 && of[base + at.before]! > window;
    if (of[base + at.set] === 0 && cameDown) of[base + at.sets]! += 1;
    of[base + at.isOn] = 0;
  }
}
