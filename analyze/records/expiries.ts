/**
 * Expiries of the retransmission timer, and the few records of each connection that tell what came of them: the first
 * that tells the window, the first out of Loss and the first that tells the window from there, those that acknowledge
 * something new, and all that was outstanding. Only these have the columns below, so that they are found without
 * reading the others.
 */
import type { Batch, Layout, Values } from "./batch.ts";
import type { ColumnSpec } from "./columns.ts";

/** What they mean: sql/_expiry_records.sql. */
export const expirySpecs: readonly ColumnSpec[] = [
  { name: "expiries", kind: "u32" },
  { name: "progressed_expiries", kind: "u32" },
  { name: "recovered_expiries", kind: "u32" },
  { name: "since_ack_ns", kind: "i64" },
];

/** SQL types of those columns. */
export const expiryTypes: Readonly<Record<string, string>> = {
  expiries: "UINTEGER",
  progressed_expiries: "UINTEGER",
  recovered_expiries: "UINTEGER",
  since_ack_ns: "BIGINT",
};

const typeReceived = 0;
const typeTimeout = 2;
const typeCaState = 7;
const stateLoss = 4;
const whole = 4294967296;

/** What is waited for since a connection's last expiry. */
const waits = { window: 1, exit: 2, windowOutOfLoss: 4, acknowledgement: 8 } as const;

/**
 * Expiries in a row with the same numbers: what was acknowledged and what was sent as the timer fired; null: not told
 * yet.
 */
interface Open {
  una: number | null;
  high: number | null;
  count: number;
}

/** Of one connection: how many expiries went so far, and which of `of` is the first that did not. */
interface Followed {
  progressed: number;
  recovered: number;
  of: Open[];
  progressedAt: number;
  recoveredAt: number;
}

/** Kept of a connection at most. TCP gives up after some fifteen timeouts (tcp_retries2), so no real one gets there. */
const mostOpen = 1000;

export class Expiries {
  readonly #seesTimers: boolean;
  /** By connection: when the last segment was received, expiries so far, what is waited for. */
  #received = new Float64Array(1024).fill(Number.NaN);
  #counts = new Uint32Array(1024);
  #waits = new Uint8Array(1024);
  /** Expiries of which something is not acknowledged yet, in order. Null: there were too many to follow. */
  readonly #open = new Map<number, Followed | null>();

  /** Null for a source that tells none. */
  static of({ seesTimers, seesStates }: { seesTimers: boolean; seesStates: boolean }, layout: Layout): Expiries | null {
    return layout.place("expiries") >= 0 && (seesTimers || seesStates) ? new Expiries(seesTimers) : null;
  }

  private constructor(seesTimers: boolean) {
    this.#seesTimers = seesTimers;
  }

  #reach(flows: number): void {
    if (flows < this.#counts.length) return;
    const size = Math.max(flows + 1, this.#counts.length * 2);
    const received = new Float64Array(size).fill(Number.NaN);
    received.set(this.#received);
    this.#received = received;
    const counts = new Uint32Array(size);
    counts.set(this.#counts);
    this.#counts = counts;
    const waiting = new Uint8Array(size);
    waiting.set(this.#waits);
    this.#waits = waiting;
  }

  /** Fills the columns of a batch whose connections and numbers are known. `flows`: connections so far. */
  follow(batch: Batch, flows: number): void {
    this.#reach(flows);
    const { rows } = batch;
    const target = (name: string): Column => {
      const place = batch.layout.place(name);
      batch.hasNulls[place] = true;
      return { values: batch.at(place), valid: batch.valid(place).fill(0) };
    };
    const columns = {
      expiries: target("expiries"),
      progressed: target("progressed_expiries"),
      recovered: target("recovered_expiries"),
      sinceAck: target("since_ack_ns"),
    };
    const source = (name: string): Source | null => {
      const place = batch.layout.place(name);
      return place < 0 ? null : { values: batch.at(place), valid: batch.hasNulls[place] ? batch.valid(place) : null };
    };
    const [flow, cwnd, state] = [source("flow")!, source("snd_cwnd"), source("ca_state")];
    const [una, nxt, ack] = [source("snd_una"), source("snd_nxt"), source("ack_num")];
    const types = batch.column<Uint8Array>("type");
    const ns = batch.column<Float64Array>("ns");
    const flowOf = flow.values as Uint32Array;
    for (let row = 0; row < rows; row++) {
      if (flow.valid !== null && !has(flow, row)) continue;
      const connection = flowOf[row]!;
      const type = types[row]!;
      const isExpiry =
        type === typeTimeout ||
        (type === typeCaState && !this.#seesTimers && state !== null && small(state, row) === stateLoss);
      const waiting = this.#waits[connection]!;
      if (waiting !== 0 || isExpiry) {
        const tells = has(cwnd, row);
        const [snd_una, snd_nxt] = [long(una, row), long(nxt, row)];
        let isMarked = isExpiry;
        if (waiting !== 0) {
          let left = waiting;
          if (left & waits.window && tells) {
            left &= ~waits.window;
            this.#complete(connection, snd_una, snd_nxt);
          }
          if (left & waits.exit && state !== null && has(state, row) && small(state, row) !== stateLoss)
            left = (left & ~waits.exit) | waits.windowOutOfLoss;
          // What a change of the state tells is what the kernel makes of the window with it.
          if (left & waits.windowOutOfLoss && tells && type !== typeCaState) left &= ~waits.windowOutOfLoss;
          isMarked ||= left !== waiting;
          if (left & waits.acknowledgement) {
            const acked = type === typeReceived ? long(ack, row) : null;
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
          if (!Number.isNaN(received)) putLong(columns.sinceAck, row, ns[row]! - received);
          this.#counts[connection]! += 1;
          this.#waits[connection] = waits.window | waits.exit | waits.acknowledgement;
          this.#push(connection, snd_una, snd_nxt);
        }
      }
      if (type === typeReceived) this.#received[connection] = ns[row]!;
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

  /** What the expiries did not tell themselves, from the first record that does. */
  #complete(connection: number, una: number | null, high: number | null): void {
    const of = this.#open.get(connection)?.of ?? [];
    for (let at = of.length - 1; at >= 0 && (of[at]!.una === null || of[at]!.high === null); at--) {
      of[at]!.una ??= una;
      of[at]!.high ??= high;
    }
  }

  /**
   * Whether this acknowledges something new of any expiry, or all of it. Numbers rise, so those that it does are the
   * first ones.
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

interface Column {
  readonly values: Values;
  readonly valid: Uint8Array;
}

interface Source {
  readonly values: Values;
  readonly valid: Uint8Array | null;
}

const has = (column: Source | null, row: number): boolean =>
  column !== null && (column.valid === null || (column.valid[row >> 3]! & (1 << (row & 7))) !== 0);
const small = ({ values }: Source, row: number): number => values[row]!;
const long = (column: Source | null, row: number): number | null =>
  column !== null && has(column, row) ? column.values[2 * row + 1]! * whole + (column.values[2 * row]! >>> 0) : null;

function put({ values, valid }: Column, row: number, value: number): void {
  values[row] = value;
  valid[row >> 3]! |= 1 << (row & 7);
}

function putLong({ values, valid }: Column, row: number, value: number): void {
  values[2 * row] = value % whole;
  values[2 * row + 1] = Math.floor(value / whole);
  valid[row >> 3]! |= 1 << (row & 7);
}
