/**
 * Follows expiries of the retransmission timer. A few later records of the connection show the effect of an expiry:
 * - the first that reports the window;
 * - the first outside the Loss state, and the first from there on that reports the window;
 * - the first that acknowledges something new, and the first that acknowledges all that was outstanding.
 * Only expiries and these records have the columns below, so they are found without reading the others.
 */
import type { Batch, Layout } from "./batch.ts";
import {
  type Bytes,
  cellsOf,
  emptyColumn,
  type Filled,
  flowsOf,
  grown,
  has,
  isSet,
  type Longs,
  longAt,
  mark,
  putLong,
  tellNulls,
  type Words,
} from "./cells.ts";
import type { CarriedSpec } from "./columns.ts";

/** sql/_expiry_records.sql defines these columns. */
export const expirySpecs: readonly CarriedSpec[] = [
  { name: "expiries", kind: "u32", type: "UINTEGER" },
  { name: "progressed_expiries", kind: "u32", type: "UINTEGER" },
  { name: "recovered_expiries", kind: "u32", type: "UINTEGER" },
  { name: "since_ack_ns", kind: "i64", type: "BIGINT" },
];

const typeReceived = 0;
const typeTimeout = 2;
const typeCaState = 7;
const stateLoss = 4;

/** Flags: the records that are still to come after a connection's last expiry. */
const waits = { window: 1, exit: 2, windowOutOfLoss: 4, acknowledgement: 8 } as const;

/**
 * Consecutive expiries with the same snd_una (`una`) and snd_nxt (`high`) when the timer fired. Null: not reported
 * yet.
 */
interface Open {
  una: number | null;
  high: number | null;
  count: number;
}

/**
 * For one connection: how many expiries were followed by progress, and by recovery, and the index in `of` of the first
 * that was not yet.
 */
interface Followed {
  progressed: number;
  recovered: number;
  of: Open[];
  progressedAt: number;
  recoveredAt: number;
}

/** Most entries kept for a connection. TCP gives up after about 15 timeouts (tcp_retries2), so this is ample. */
const mostOpen = 1000;

/** The columns of a batch that are read, and those that are filled. */
interface Columns {
  readonly types: Uint8Array;
  readonly ns: Float64Array;
  readonly flow: Words;
  readonly cwnd: Words | null;
  readonly state: Bytes | null;
  readonly una: Longs | null;
  readonly nxt: Longs | null;
  readonly ack: Longs | null;
  readonly expiries: Filled<Uint32Array>;
  readonly progressed: Filled<Uint32Array>;
  readonly recovered: Filled<Uint32Array>;
  readonly sinceAck: Filled<Int32Array>;
}

export class Expiries {
  readonly #seesTimers: boolean;
  // By connection: when the last segment was received, number of expiries so far, flags of `waits`.
  #received = new Float64Array(1024).fill(Number.NaN);
  #counts = new Uint32Array(1024);
  #waits = new Uint8Array(1024);
  /** By connection: expiries whose data is not all acknowledged yet, in order. Null: there were too many to follow. */
  readonly #open = new Map<number, Followed | null>();

  /** Null for a source that reports no expiries. */
  static of({ seesTimers, seesStates }: { seesTimers: boolean; seesStates: boolean }, layout: Layout): Expiries | null {
    return layout.place("expiries") >= 0 && (seesTimers || seesStates) ? new Expiries(seesTimers) : null;
  }

  private constructor(seesTimers: boolean) {
    this.#seesTimers = seesTimers;
  }

  /** Fills the columns of a batch whose connections and sequence numbers are known. `flows`: number of connections. */
  follow(batch: Batch, flows: number): void {
    this.#received = grown(this.#received, flows + 1, Number.NaN);
    this.#counts = grown(this.#counts, flows + 1, 0);
    this.#waits = grown(this.#waits, flows + 1, 0);
    const columns: Columns = {
      types: batch.column<Uint8Array>("type"),
      ns: batch.column<Float64Array>("ns"),
      flow: flowsOf(batch),
      cwnd: cellsOf(batch, "snd_cwnd"),
      state: cellsOf(batch, "ca_state"),
      una: cellsOf(batch, "snd_una"),
      nxt: cellsOf(batch, "snd_nxt"),
      ack: cellsOf(batch, "ack_num"),
      expiries: emptyColumn(batch, "expiries"),
      progressed: emptyColumn(batch, "progressed_expiries"),
      recovered: emptyColumn(batch, "recovered_expiries"),
      sinceAck: emptyColumn(batch, "since_ack_ns"),
    };
    this.#fill(batch.rows, columns);
    const { expiries, progressed, recovered, sinceAck } = columns;
    tellNulls(batch, [expiries, progressed, recovered, sinceAck]);
  }

  #fill(rows: number, columns: Columns): void {
    const { types, ns, flow, state } = columns;
    const [waiting, received] = [this.#waits, this.#received];
    for (let row = 0; row < rows; row++) {
      if (!isSet(flow.valid, row)) continue;
      const connection = flow.values[row]!;
      const type = types[row]!;
      const isExpiry =
        type === typeTimeout ||
        (type === typeCaState && !this.#seesTimers && state !== null && state.values[row] === stateLoss);
      if (isExpiry || waiting[connection] !== 0) this.#followWaiting(row, isExpiry, columns);
      if (type === typeReceived) received[connection] = ns[row]!;
    }
  }

  /** Handles an expiry, or a record of a connection that still has flags of `waits` set. */
  #followWaiting(row: number, isExpiry: boolean, columns: Columns): void {
    const { types, ns, flow, cwnd, state, una, nxt, ack } = columns;
    const connection = flow.values[row]!;
    const waiting = this.#waits[connection]!;
    const hasWindow = has(cwnd, row);
    const [snd_una, snd_nxt] = [long(una, row), long(nxt, row)];
    let isMarked = isExpiry;
    if (waiting !== 0) {
      let left = waiting;
      if (left & waits.window && hasWindow) {
        left &= ~waits.window;
        this.#complete(connection, snd_una, snd_nxt);
      }
      if (left & waits.exit && state !== null && has(state, row) && state.values[row] !== stateLoss)
        left = (left & ~waits.exit) | waits.windowOutOfLoss;
      // A change of the state shows what the kernel made of the window with it.
      if (left & waits.windowOutOfLoss && hasWindow && types[row] !== typeCaState) left &= ~waits.windowOutOfLoss;
      isMarked ||= left !== waiting;
      if (left & waits.acknowledgement) {
        const acked = types[row] === typeReceived ? long(ack, row) : null;
        const reached = snd_una === null || (acked !== null && acked > snd_una) ? acked : snd_una;
        if (reached !== null && this.#acknowledge(connection, reached)) isMarked = true;
        if (!this.#isOpen(connection)) left &= ~waits.acknowledgement;
      }
      this.#waits[connection] = left;
    }
    if (isMarked) {
      put(columns.expiries, row, this.#counts[connection]!);
      const open = this.#open.get(connection);
      if (open !== null) {
        put(columns.progressed, row, open?.progressed ?? 0);
        put(columns.recovered, row, open?.recovered ?? 0);
      }
    }
    if (isExpiry) {
      const received = this.#received[connection]!;
      if (!Number.isNaN(received)) {
        putLong(columns.sinceAck.values, row, ns[row]! - received);
        mark(columns.sinceAck.valid, row);
      }
      this.#counts[connection]! += 1;
      this.#waits[connection] = waits.window | waits.exit | waits.acknowledgement;
      this.#push(connection, snd_una, snd_nxt);
    }
  }

  #push(connection: number, una: number | null, high: number | null): void {
    let open = this.#open.get(connection);
    if (open === null) return;
    if (open === undefined) {
      open = { progressed: 0, recovered: 0, of: [], progressedAt: 0, recoveredAt: 0 };
      this.#open.set(connection, open);
    }
    const last = open.of.at(-1);
    const isUntouched = Math.max(open.progressedAt, open.recoveredAt) < open.of.length;
    if (last && isUntouched && last.una === una && last.high === high) last.count++;
    else if (open.of.length < mostOpen) open.of.push({ una, high, count: 1 });
    else this.#open.set(connection, null);
  }

  /** Fills in what the expiries themselves did not report, from the first record that does. */
  #complete(connection: number, una: number | null, high: number | null): void {
    const of = this.#open.get(connection)?.of ?? [];
    for (let at = of.length - 1; at >= 0 && (of[at]!.una === null || of[at]!.high === null); at--) {
      of[at]!.una ??= una;
      of[at]!.high ??= high;
    }
  }

  /**
   * Whether an acknowledgement up to `reached` is progress or recovery for any open expiry. Sequence numbers rise, so
   * the expiries concerned are the oldest ones.
   */
  #acknowledge(connection: number, reached: number): boolean {
    const open = this.#open.get(connection);
    if (!open) return false;
    const { progressed, recovered, of } = open;
    for (; open.progressedAt < of.length; open.progressedAt++) {
      const { una, count } = of[open.progressedAt]!;
      if (una === null || reached <= una) break;
      open.progressed += count;
    }
    for (; open.recoveredAt < of.length; open.recoveredAt++) {
      const { high, count } = of[open.recoveredAt]!;
      if (high === null || reached < high) break;
      open.recovered += count;
    }
    const done = Math.min(open.progressedAt, open.recoveredAt);
    if (done > 0) {
      of.splice(0, done);
      open.progressedAt -= done;
      open.recoveredAt -= done;
    }
    return open.progressed > progressed || open.recovered > recovered;
  }

  #isOpen(connection: number): boolean {
    return (this.#open.get(connection)?.of.length ?? 0) > 0;
  }
}

const long = (column: Longs | null, row: number): number | null =>
  column !== null && isSet(column.valid, row) ? longAt(column.values, row) : null;

function put({ values, valid }: Filled<Uint32Array>, row: number, value: number): void {
  values[row] = value;
  mark(valid, row);
}
