/**
 * What each record follows: a record shows the state before the kernel handled its packet, so what it shows was held
 * since the connection's previous record. Of that one this carries along what it told, as order costs nothing here.
 *
 * Records that tell neither a window nor a congestion state (a reset, a change of the TCP state) follow nothing and are
 * not followed.
 */
import type { Batch, Values } from "./batch.ts";
import type { ColumnSpec } from "./columns.ts";

/** Columns of the pass beside those of `trace`; sql/intervals.sql says what they are. */
export const followSpecs: readonly ColumnSpec[] = [
  { name: "step_ns", kind: "i64" },
  { name: "previous_cwnd", kind: "u32" },
  { name: "previous_retrans", kind: "u32" },
  { name: "held_ca_state", kind: "u8" },
  { name: "previous_ca_state", kind: "u8" },
  { name: "rtt_sample_us", kind: "f64" },
  { name: "unsent_bytes", kind: "i64" },
];

/** SQL types of those columns. */
export const followTypes: Readonly<Record<string, string>> = {
  step_ns: "BIGINT",
  previous_cwnd: "UINTEGER",
  previous_retrans: "UINTEGER",
  held_ca_state: "ca_state",
  previous_ca_state: "ca_state",
  rtt_sample_us: "DOUBLE",
  unsent_bytes: "BIGINT",
};

/** How the source tells congestion states: in each record, at changes only, or not at all. */
export type StatesTold = "always" | "changes" | "never";

export interface FollowOptions {
  readonly states: StatesTold;
  /** Whether a change of srtt from one record to the next is the kernel's own. */
  readonly tellsSamples: boolean;
}

/** No value. */
const none = -1;
const whole = 4294967296;

/** A connection's last record that told something. */
const fields = 8;
const at = { ns: 0, cwnd: 1, retrans: 2, state: 3, before: 4, srtt8: 5, tie: 6, written: 7 } as const;

interface Column {
  readonly values: Values;
  readonly valid: Uint8Array | null;
}

export class Following {
  readonly #options: FollowOptions;
  #last = new Float64Array(fields * 1024).fill(none);
  #known = new Uint8Array(1024);

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  #reach(flows: number): void {
    if (flows < this.#known.length) return;
    const size = Math.max(flows + 1, this.#known.length * 2);
    const last = new Float64Array(fields * size).fill(none);
    last.set(this.#last);
    this.#last = last;
    const known = new Uint8Array(size);
    known.set(this.#known);
    this.#known = known;
  }

  /** Fills the columns of a batch whose connections and numbers are known. `flows`: connections so far. */
  follow(batch: Batch, flows: number): void {
    this.#reach(flows);
    const { layout, rows } = batch;
    const column = (name: string): Column | null => {
      const place = layout.place(name);
      return place < 0 ? null : { values: batch.at(place), valid: batch.hasNulls[place] ? batch.valid(place) : null };
    };
    const target = (name: string): Target => {
      const place = layout.place(name);
      return { values: batch.at(place), valid: batch.valid(place).fill(255), place, lacks: false };
    };
    const [flow, cwnd, retrans, state] = [column("flow")!, column("snd_cwnd"), column("retrans"), column("ca_state")];
    const [srtt, mdev, una, nxt, written] = ["srtt_us", "mdev_us", "snd_una", "snd_nxt", "write_seq"].map(column);
    const ns = batch.column<Float64Array>("ns");
    const step = target("step_ns");
    const previousCwnd = target("previous_cwnd");
    const previousRetrans = target("previous_retrans");
    const heldState = target("held_ca_state");
    const previousState = target("previous_ca_state");
    const sample = target("rtt_sample_us");
    const unsent = target("unsent_bytes");
    const targets = [step, previousCwnd, previousRetrans, heldState, previousState, sample, unsent];
    const { states, tellsSamples } = this.#options;
    const last = this.#last;
    const known = this.#known;
    const flowOf = flow.values as Uint32Array;
    for (let row = 0; row < rows; row++) {
      const window = cwnd === null ? none : small(cwnd, row);
      const told = state === null ? none : small(state, row);
      if (!has(flow, row) || (window === none && (states !== "changes" || told === none))) {
        for (const one of targets) lacks(one, row);
        continue;
      }
      const connection = flowOf[row]!;
      const base = connection * fields;
      const count = retrans === null ? none : small(retrans, row);
      const now = ns[row]!;
      const srtt8 = !srtt || !has(srtt, row) ? none : (srtt.values as Float64Array)[row]! * 8;
      const tie = tieOf(mdev, una, row);
      const hasBefore = known[connection] === 1;
      // Where only changes are told, it is Open until the first.
      const held = states === "changes" ? (hasBefore ? last[base + at.state]! : 0) : told;
      put(heldState, row, states === "changes" ? held : none);
      if (hasBefore) {
        putLong(step, row, now - last[base + at.ns]!);
        put(previousCwnd, row, last[base + at.cwnd]!);
        put(previousRetrans, row, last[base + at.retrans]!);
        put(previousState, row, last[base + at.before]!);
        const taken = tellsSamples ? sampleOf(last[base + at.srtt8]!, srtt8, tie === last[base + at.tie]) : none;
        put(sample, row, taken);
        const end = last[base + at.written]!;
        if (end === none || !nxt || !has(nxt, row)) lacks(unsent, row);
        else putLong(unsent, row, end - long(nxt, row));
      } else {
        lacks(step, row);
        lacks(previousCwnd, row);
        lacks(previousRetrans, row);
        lacks(previousState, row);
        lacks(sample, row);
        lacks(unsent, row);
      }
      known[connection] = 1;
      last[base + at.ns] = now;
      last[base + at.cwnd] = window;
      last[base + at.retrans] = count;
      last[base + at.before] = held;
      last[base + at.state] = states === "changes" && told === none ? (hasBefore ? last[base + at.state]! : 0) : told;
      last[base + at.srtt8] = srtt8;
      last[base + at.tie] = tie;
      last[base + at.written] = !written || !has(written, row) ? none : long(written, row);
    }
    for (const { place, lacks } of targets) batch.hasNulls[place] = lacks;
  }
}

/**
 * The round-trip time that the kernel measured as it handled the previous record; `none`: it measured none. It keeps
 * srtt' = srtt + (sample - srtt) / 8 in whole eighths (tcp_rtt_estimator), which is turned round here; mdev, else
 * snd_una, tells of samples equal to srtt.
 */
function sampleOf(before: number, srtt8: number, isTied: boolean): number {
  if (srtt8 === none || before === none || srtt8 > 2147483647 || before > 2147483647) return none;
  if ((srtt8 === before && isTied) || (before === 0 && srtt8 === 0)) return none;
  return before === 0 ? srtt8 / 8 : srtt8 - before + Math.floor(before / 8);
}

/** A column that is filled: each row has a value unless it is said that it lacks one. */
interface Target {
  readonly values: Values;
  readonly valid: Uint8Array;
  readonly place: number;
  lacks: boolean;
}

const has = ({ valid }: Column, row: number): boolean => valid === null || (valid[row >> 3]! & (1 << (row & 7))) !== 0;
const small = (column: Column, row: number): number => (has(column, row) ? column.values[row]! : none);
const long = ({ values }: Column, row: number): number => values[2 * row + 1]! * whole + (values[2 * row]! >>> 0);

function tieOf(mdev: Column | null | undefined, una: Column | null | undefined, row: number): number {
  if (mdev && has(mdev, row)) return (mdev.values as Float64Array)[row]! * 4;
  return una && has(una, row) ? una.values[2 * row]! >>> 0 : 0;
}

function lacks(target: Target, row: number): void {
  target.valid[row >> 3]! &= ~(1 << (row & 7));
  target.lacks = true;
}

function put(target: Target, row: number, value: number): void {
  if (value === none) lacks(target, row);
  else target.values[row] = value;
}

function putLong({ values }: Target, row: number, value: number): void {
  values[2 * row] = value % whole;
  values[2 * row + 1] = Math.floor(value / whole);
}
