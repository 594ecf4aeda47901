/**
 * The last window reported before each record, and the bytes in flight at that time. For sources that do not report a
 * window in every record and do not count packets in flight.
 */
import type { Batch, Layout } from "./batch.ts";
import {
  cellsOf,
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

export const knownWindowSpecs: readonly CarriedSpec[] = [
  { name: "known_cwnd", kind: "u32", type: "UINTEGER" },
  { name: "known_ssthresh", kind: "u32", type: "UINTEGER" },
  { name: "known_inflight_bytes", kind: "i64", type: "BIGINT" },
];

/** Values kept for each connection: window, threshold, bytes in flight. */
const fields = 3;
const none = Number.NaN;

/** The columns of a batch that are read, and those that are filled. */
interface Columns {
  readonly flow: Words;
  readonly cwnd: Words;
  readonly ssthresh: Words | null;
  readonly una: Longs | null;
  readonly nxt: Longs | null;
  readonly knownCwnd: Filled<Uint32Array>;
  readonly knownSsthresh: Filled<Uint32Array>;
  readonly knownInflight: Filled<Int32Array>;
}

export class KnownWindow {
  #last = new Float64Array(fields * 1024).fill(none);

  /** Null for a source that counts packets in flight. */
  static of(layout: Layout): KnownWindow | null {
    return layout.place("known_cwnd") >= 0 && layout.place("snd_cwnd") >= 0 ? new KnownWindow() : null;
  }

  /** Fills the columns of a batch whose connections and sequence numbers are known. `flows`: number of connections. */
  follow(batch: Batch, flows: number): void {
    this.#last = grown(this.#last, fields * (flows + 1), none);
    const columns: Columns = {
      flow: flowsOf(batch),
      cwnd: cellsOf(batch, "snd_cwnd")!,
      ssthresh: cellsOf(batch, "ssthresh"),
      una: cellsOf(batch, "snd_una"),
      nxt: cellsOf(batch, "snd_nxt"),
      knownCwnd: emptyColumn(batch, "known_cwnd"),
      knownSsthresh: emptyColumn(batch, "known_ssthresh"),
      knownInflight: emptyColumn(batch, "known_inflight_bytes"),
    };
    this.#fill(batch.rows, columns);
    tellNulls(batch, [columns.knownCwnd, columns.knownSsthresh, columns.knownInflight]);
  }

  #fill(rows: number, columns: Columns): void {
    const { flow, cwnd, ssthresh, una, nxt, knownCwnd, knownSsthresh, knownInflight } = columns;
    const last = this.#last;
    for (let row = 0; row < rows; row++) {
      if (!isSet(flow.valid, row)) continue;
      const at = flow.values[row]! * fields;
      const window = last[at]!;
      if (!Number.isNaN(window)) {
        knownCwnd.values[row] = window;
        mark(knownCwnd.valid, row);
        const threshold = last[at + 1]!;
        if (!Number.isNaN(threshold)) {
          knownSsthresh.values[row] = threshold;
          mark(knownSsthresh.valid, row);
        }
        const bytes = last[at + 2]!;
        if (!Number.isNaN(bytes)) {
          putLong(knownInflight.values, row, bytes);
          mark(knownInflight.valid, row);
        }
      }
      if (!isSet(cwnd.valid, row)) continue;
      last[at] = cwnd.values[row]!;
      last[at + 1] = ssthresh !== null && isSet(ssthresh.valid, row) ? ssthresh.values[row]! : none;
      const tellsBoth = una !== null && nxt !== null && isSet(una.valid, row) && isSet(nxt.valid, row);
      last[at + 2] = tellsBoth ? longAt(nxt.values, row) - longAt(una.values, row) : none;
    }
  }
}
