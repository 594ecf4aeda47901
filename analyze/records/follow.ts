/**
 * Relates each record to the previous one of its connection. A record shows the state before the kernel handled its
 * packet, so the values that it shows held since the previous record. The values of that record are carried along here,
 * where records are in order anyway; SQL would have to sort for it.
 *
 * Records that report neither a window nor a congestion state (a reset, a change of the TCP state) are left out.
 *
 * A source that reports only changes of the congestion state does not tell the one that a connection was in as the
 * capture began. It is Open if the connection began later. Else it is not known until a change is reported, or until
 * all is acknowledged that had been sent by the first record: what the kernel had begun by then ends at the latest with
 * that acknowledgement (tcp_fastretrans_alert), and the end would have been reported.
 */
import type { Batch } from "./batch.ts";
import {
  type Bytes,
  cellsOf,
  type Doubles,
  emptyColumn,
  type Filled,
  flowsOf,
  grown,
  isSet,
  type Longs,
  longAt,
  mark,
  putLong,
  tellNulls,
  type Words,
} from "./cells.ts";
import type { CarriedSpec } from "./columns.ts";

/** Columns that the pass adds to those of `trace`. sql/intervals.sql defines them. */
export const followSpecs: readonly CarriedSpec[] = [
  { name: "step_ns", kind: "i64", type: "BIGINT" },
  { name: "previous_cwnd", kind: "u32", type: "UINTEGER" },
  { name: "previous_retrans", kind: "u32", type: "UINTEGER" },
  { name: "held_ca_state", kind: "u8", type: "ca_state" },
  { name: "previous_ca_state", kind: "u8", type: "ca_state" },
  { name: "rtt_sample_us", kind: "f64", type: "DOUBLE" },
  { name: "unsent_bytes", kind: "i64", type: "BIGINT" },
];

/** How the source reports congestion states: in each record, at changes only, or not at all. */
export type StatesTold = "always" | "changes" | "never";

export interface FollowOptions {
  readonly states: StatesTold;
  /** Whether a change of srtt between two records is one step of the kernel's estimator, so that it gives a sample. */
  readonly tellsSamples: boolean;
  /** Whether segments are seen only while the connection is ESTABLISHED, so that no sample is known after that. */
  readonly untilClosing: boolean;
}

/** No value. */
const none = -1;
const stateOpen = 0;
const typeSetup = 3;
const typeDone = 4;
const typeCaState = 7;
const typeState = 8;

/** Number of values kept of each connection's last record. */
const fields = 9;
const at = { ns: 0, cwnd: 1, retrans: 2, state: 3, before: 4, srtt8: 5, tie: 6, written: 7, firstSent: 8 } as const;

/** The columns of a batch that are read, and those that are filled. */
interface Columns {
  readonly ns: Float64Array;
  readonly types: Uint8Array;
  readonly flow: Words;
  readonly cwnd: Words | null;
  readonly retrans: Words | null;
  readonly state: Bytes | null;
  readonly srtt: Doubles | null;
  readonly mdev: Doubles | null;
  readonly una: Longs | null;
  readonly nxt: Longs | null;
  readonly written: Longs | null;
  readonly step: Filled<Int32Array>;
  readonly previousCwnd: Filled<Uint32Array>;
  readonly previousRetrans: Filled<Uint32Array>;
  readonly heldState: Filled<Uint8Array>;
  readonly previousState: Filled<Uint8Array>;
  readonly sample: Filled<Float64Array>;
  readonly unsent: Filled<Int32Array>;
}

export class Following {
  readonly #options: FollowOptions;
  #last = new Float64Array(fields * 1024).fill(none);
  #known = new Uint8Array(1024);

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** Fills the columns of a batch whose connections and sequence numbers are known. `flows`: number of connections. */
  follow(batch: Batch, flows: number): void {
    this.#last = grown(this.#last, fields * (flows + 1), none);
    this.#known = grown(this.#known, flows + 1, 0);
    const columns: Columns = {
      ns: batch.column<Float64Array>("ns"),
      types: batch.column<Uint8Array>("type"),
      flow: flowsOf(batch),
      cwnd: cellsOf(batch, "snd_cwnd"),
      retrans: cellsOf(batch, "retrans"),
      state: cellsOf(batch, "ca_state"),
      srtt: cellsOf(batch, "srtt_us"),
      mdev: cellsOf(batch, "mdev_us"),
      una: cellsOf(batch, "snd_una"),
      nxt: cellsOf(batch, "snd_nxt"),
      written: cellsOf(batch, "write_seq"),
      step: emptyColumn(batch, "step_ns"),
      previousCwnd: emptyColumn(batch, "previous_cwnd"),
      previousRetrans: emptyColumn(batch, "previous_retrans"),
      heldState: emptyColumn(batch, "held_ca_state"),
      previousState: emptyColumn(batch, "previous_ca_state"),
      sample: emptyColumn(batch, "rtt_sample_us"),
      unsent: emptyColumn(batch, "unsent_bytes"),
    };
    this.#fill(batch.rows, columns);
    const { step, previousCwnd, previousRetrans, heldState, previousState, sample, unsent } = columns;
    tellNulls(batch, [step, previousCwnd, previousRetrans, heldState, previousState, sample, unsent]);
  }

  #fill(rows: number, columns: Columns): void {
    const { ns, types, flow, cwnd, retrans, state, srtt, mdev, una, nxt, written } = columns;
    const { step, previousCwnd, previousRetrans, heldState, previousState, sample, unsent } = columns;
    const { states, tellsSamples, untilClosing } = this.#options;
    const onlyChanges = states === "changes";
    const last = this.#last;
    const known = this.#known;
    for (let row = 0; row < rows; row++) {
      if (!isSet(flow.valid, row)) continue;
      const window = cwnd !== null && isSet(cwnd.valid, row) ? cwnd.values[row]! : none;
      const reported = state !== null && isSet(state.valid, row) ? state.values[row]! : none;
      const connection = flow.values[row]!;
      const base = connection * fields;
      if (onlyChanges && types[row] === typeSetup) last[base + at.state] = stateOpen;
      if (window === none && (!onlyChanges || reported === none)) continue;
      const now = ns[row]!;
      const srtt8 = srtt !== null && isSet(srtt.valid, row) ? srtt.values[row]! * 8 : none;
      const tie =
        mdev !== null && isSet(mdev.valid, row)
          ? mdev.values[row]! * 4
          : una !== null && isSet(una.valid, row)
            ? una.values[2 * row]! >>> 0
            : 0;
      const hasBefore = known[connection] === 1;
      if (onlyChanges && last[base + at.state] === none && una !== null && isSet(una.valid, row)) {
        const firstSent = last[base + at.firstSent]!;
        if (firstSent === none) last[base + at.firstSent] = nxt !== null ? longAt(nxt.values, row) : none;
        else if (longAt(una.values, row) > firstSent) last[base + at.state] = stateOpen;
      }
      // In any source a change reports the new state, and the one before was held until then.
      const isChange = !onlyChanges && types[row] === typeCaState && hasBefore;
      const held = onlyChanges || isChange ? last[base + at.state]! : reported;
      if ((onlyChanges || isChange) && held !== none) {
        heldState.values[row] = held;
        mark(heldState.valid, row);
      }
      if (hasBefore) {
        putLong(step.values, row, now - last[base + at.ns]!);
        mark(step.valid, row);
        const windowBefore = last[base + at.cwnd]!;
        if (windowBefore !== none) {
          previousCwnd.values[row] = windowBefore;
          mark(previousCwnd.valid, row);
        }
        const retransBefore = last[base + at.retrans]!;
        if (retransBefore !== none) {
          previousRetrans.values[row] = retransBefore;
          mark(previousRetrans.valid, row);
        }
        const stateBefore = last[base + at.before]!;
        if (stateBefore !== none) {
          previousState.values[row] = stateBefore;
          mark(previousState.valid, row);
        }
        const isClosing = untilClosing && (types[row] === typeState || types[row] === typeDone);
        if (isClosing) last[base + at.srtt8] = Number.POSITIVE_INFINITY;
        const taken = tellsSamples ? sampleOf(last[base + at.srtt8]!, srtt8, tie === last[base + at.tie]) : none;
        if (taken !== none) {
          sample.values[row] = taken;
          mark(sample.valid, row);
        }
        const end = last[base + at.written]!;
        if (end !== none && nxt !== null && isSet(nxt.valid, row)) {
          putLong(unsent.values, row, end - longAt(nxt.values, row));
          mark(unsent.valid, row);
        }
      }
      known[connection] = 1;
      last[base + at.ns] = now;
      // A change shows what the kernel made of the window with it: the one before the change stays the one known.
      if (!isChange) last[base + at.cwnd] = window;
      last[base + at.retrans] = retrans !== null && isSet(retrans.valid, row) ? retrans.values[row]! : none;
      last[base + at.before] = held;
      if (!onlyChanges || reported !== none) last[base + at.state] = reported;
      // What reports no more than a change of the state leaves srtt as it was known.
      if (onlyChanges && window === none) continue;
      if (last[base + at.srtt8] !== Number.POSITIVE_INFINITY) last[base + at.srtt8] = srtt8;
      last[base + at.tie] = tie;
      last[base + at.written] = written !== null && isSet(written.valid, row) ? longAt(written.values, row) : none;
    }
  }
}

/**
 * The round-trip time that the kernel measured when it handled the previous record, or `none`. The kernel keeps
 * srtt' = srtt + (sample - srtt) / 8 in whole eighths (tcp_rtt_estimator); this solves for the sample. If srtt did not
 * change, the sample was equal to it or there was none: mdev decides, or snd_una where mdev is not known. A result
 * below 0 is no sample: srtt took more steps than one, so a record between these two is missing.
 */
function sampleOf(before: number, srtt8: number, isTied: boolean): number {
  if (srtt8 === none || before === none || srtt8 > 2147483647 || before > 2147483647) return none;
  if ((srtt8 === before && isTied) || (before === 0 && srtt8 === 0)) return none;
  if (before === 0) return srtt8 / 8;
  const sample = srtt8 - before + Math.floor(before / 8);
  return sample < 0 ? none : sample;
}
