/**
 * The window that was told last before a record, and the sequence numbers then: for sources whose records do not all
 * tell one, and which count no packets. What such a record shows was held since the last one that told it; only the
 * window itself is set anew where the congestion state becomes Loss meanwhile.
 */
import type { Batch, Layout, Values } from "./batch.ts";
import type { ColumnSpec } from "./columns.ts";

export const knownWindowSpecs: readonly ColumnSpec[] = [
  { name: "known_cwnd", kind: "u32" },
  { name: "known_ssthresh", kind: "u32" },
  { name: "known_snd_una", kind: "i64" },
  { name: "known_snd_nxt", kind: "i64" },
  { name: "silent_ns", kind: "i64" },
  { name: "expired_ns", kind: "i64" },
];

/** SQL types of those columns. */
export const knownWindowTypes: Readonly<Record<string, string>> = {
  known_cwnd: "UINTEGER",
  known_ssthresh: "UINTEGER",
  known_snd_una: "BIGINT",
  known_snd_nxt: "BIGINT",
  silent_ns: "BIGINT",
  expired_ns: "BIGINT",
};

/** Of each connection: what was told last and when; and when the state became Loss after that, for the first time. */
const fields = 6;
const last = { cwnd: 0, ssthresh: 1, una: 2, nxt: 3, ns: 4, lossNs: 5 } as const;
const none = Number.NaN;
const stateLoss = 4;
const typeCaState = 7;
const whole = 4294967296;

export class KnownWindow {
  #told = new Float64Array(fields * 1024).fill(none);

  /** Null for a source that counts packets. */
  static of(layout: Layout): KnownWindow | null {
    return layout.place("known_cwnd") >= 0 && layout.place("snd_cwnd") >= 0 ? new KnownWindow() : null;
  }

  /** Fills the columns of a batch whose connections and numbers are known. `flows`: connections so far. */
  follow(batch: Batch, flows: number): void {
    if (fields * (flows + 1) > this.#told.length) {
      const larger = new Float64Array(fields * Math.max(flows + 1, (this.#told.length / fields) * 2)).fill(none);
      larger.set(this.#told);
      this.#told = larger;
    }
    const told = this.#told;
    const target = (name: string): Target => {
      const place = batch.layout.place(name);
      batch.hasNulls[place] = true;
      return { values: batch.at(place), valid: batch.valid(place).fill(0) };
    };
    const source = (name: string) => {
      const place = batch.layout.place(name);
      if (place < 0) return null;
      const [values, valid] = [batch.at(place), batch.hasNulls[place] ? batch.valid(place) : null];
      return { values, has: (row: number) => valid === null || (valid[row >> 3]! & (1 << (row & 7))) !== 0 };
    };
    const [knownCwnd, knownThreshold] = [target("known_cwnd"), target("known_ssthresh")];
    const [knownUna, knownNxt] = [target("known_snd_una"), target("known_snd_nxt")];
    const [silent, expired] = [target("silent_ns"), target("expired_ns")];
    const [flow, window, threshold] = [source("flow")!, source("snd_cwnd")!, source("ssthresh")];
    const [una, nxt, state] = [source("snd_una"), source("snd_nxt"), source("ca_state")];
    const types = batch.column<Uint8Array>("type");
    const ns = batch.column<Float64Array>("ns");
    const long = (values: ArrayLike<number>, row: number): number =>
      values[2 * row + 1]! * whole + (values[2 * row]! >>> 0);
    for (let row = 0; row < batch.rows; row++) {
      if (!flow.has(row)) continue;
      const at = flow.values[row]! * fields;
      const since = told[at + last.ns]!;
      if (!Number.isNaN(since)) {
        put(knownCwnd, row, told[at + last.cwnd]!);
        put(knownThreshold, row, told[at + last.ssthresh]!);
        putLong(knownUna, row, told[at + last.una]!);
        putLong(knownNxt, row, told[at + last.nxt]!);
      }
      if (window.has(row)) {
        if (!Number.isNaN(since)) putLong(silent, row, ns[row]! - since);
        putLong(expired, row, ns[row]! - told[at + last.lossNs]!);
        told[at + last.cwnd] = window.values[row]!;
        told[at + last.ssthresh] = threshold?.has(row) ? threshold.values[row]! : none;
        told[at + last.una] = una?.has(row) ? long(una.values, row) : none;
        told[at + last.nxt] = nxt?.has(row) ? long(nxt.values, row) : none;
        told[at + last.ns] = ns[row]!;
        told[at + last.lossNs] = none;
      } else if (types[row] === typeCaState && state?.has(row) && state.values[row] === stateLoss) {
        if (Number.isNaN(told[at + last.lossNs]!)) told[at + last.lossNs] = ns[row]!;
      }
    }
  }
}

interface Target {
  readonly values: Values;
  readonly valid: Uint8Array;
}

function put({ values, valid }: Target, row: number, value: number): void {
  if (Number.isNaN(value)) return;
  values[row] = value;
  valid[row >> 3]! |= 1 << (row & 7);
}

function putLong({ values, valid }: Target, row: number, value: number): void {
  if (Number.isNaN(value)) return;
  values[2 * row] = value % whole;
  values[2 * row + 1] = Math.floor(value / whole);
  valid[row >> 3]! |= 1 << (row & 7);
}
