/**
 * The window that was told last before a record, and what was in flight then: for sources whose records do not all tell
 * one, and which count no packets.
 */
import type { Batch, Layout } from "./batch.ts";
import type { ColumnSpec } from "./columns.ts";

export const knownWindowSpecs: readonly ColumnSpec[] = [
  { name: "known_cwnd", kind: "u32" },
  { name: "known_ssthresh", kind: "u32" },
  { name: "known_inflight_bytes", kind: "i64" },
];

/** SQL types of those columns. */
export const knownWindowTypes: Readonly<Record<string, string>> = {
  known_cwnd: "UINTEGER",
  known_ssthresh: "UINTEGER",
  known_inflight_bytes: "BIGINT",
};

/** Of each connection: window, threshold, bytes in flight. */
const fields = 3;
const none = Number.NaN;
const whole = 4294967296;

export class KnownWindow {
  #last = new Float64Array(fields * 1024).fill(none);

  /** Null for a source that counts packets. */
  static of(layout: Layout): KnownWindow | null {
    return layout.place("known_cwnd") >= 0 && layout.place("snd_cwnd") >= 0 ? new KnownWindow() : null;
  }

  /** Fills the columns of a batch whose connections and numbers are known. `flows`: connections so far. */
  follow(batch: Batch, flows: number): void {
    if (fields * (flows + 1) > this.#last.length) {
      const larger = new Float64Array(fields * Math.max(flows + 1, (this.#last.length / fields) * 2)).fill(none);
      larger.set(this.#last);
      this.#last = larger;
    }
    const last = this.#last;
    const target = (name: string) => {
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
    const [cwnd, ssthresh, inflight] = [target("known_cwnd"), target("known_ssthresh"), target("known_inflight_bytes")];
    const [flow, window, threshold] = [source("flow")!, source("snd_cwnd")!, source("ssthresh")];
    const [una, nxt] = [source("snd_una"), source("snd_nxt")];
    const long = (values: ArrayLike<number>, row: number): number =>
      values[2 * row + 1]! * whole + (values[2 * row]! >>> 0);
    for (let row = 0; row < batch.rows; row++) {
      if (!flow.has(row)) continue;
      const at = flow.values[row]! * fields;
      const [bit, place] = [1 << (row & 7), row >> 3];
      if (!Number.isNaN(last[at]!)) {
        cwnd.values[row] = last[at]!;
        cwnd.valid[place]! |= bit;
        if (!Number.isNaN(last[at + 1]!)) {
          ssthresh.values[row] = last[at + 1]!;
          ssthresh.valid[place]! |= bit;
        }
        const bytes = last[at + 2]!;
        if (!Number.isNaN(bytes)) {
          inflight.values[2 * row] = bytes % whole;
          inflight.values[2 * row + 1] = Math.floor(bytes / whole);
          inflight.valid[place]! |= bit;
        }
      }
      if (!window.has(row)) continue;
      last[at] = window.values[row]!;
      last[at + 1] = threshold?.has(row) ? threshold.values[row]! : none;
      last[at + 2] = una?.has(row) && nxt?.has(row) ? long(nxt.values, row) - long(una.values, row) : none;
    }
  }
}
