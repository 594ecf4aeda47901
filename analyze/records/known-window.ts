/**
 * The last window reported before each record, and the sequence numbers at that time. For sources that show no sends,
 * some of which do not report a window in every record. The values of a record were held since the last one that
 * reported them; only the window is set anew if the congestion state becomes Loss in between, and what is in flight may
 * have been sent since.
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
  { name: "known_snd_una", kind: "i64", type: "BIGINT" },
  { name: "known_snd_nxt", kind: "i64", type: "BIGINT" },
  { name: "silent_ns", kind: "i64", type: "BIGINT" },
  { name: "expired_ns", kind: "i64", type: "BIGINT" },
];

/** Values kept for each connection: what was reported last, when, and when the state first became Loss after that. */
const fields = 6;
const last = { cwnd: 0, ssthresh: 1, una: 2, nxt: 3, ns: 4, lossNs: 5 };
const none = Number.NaN;
const stateLoss = 4;
const typeCaState = 7;

/** The columns of a batch that are read, and those that are filled. */
interface Columns {
  readonly ns: Float64Array;
  readonly types: Uint8Array;
  readonly flow: Words;
  readonly state: Bytes | null;
  readonly cwnd: Words;
  readonly ssthresh: Words | null;
  readonly una: Longs | null;
  readonly nxt: Longs | null;
  readonly knownCwnd: Filled<Uint32Array>;
  readonly knownSsthresh: Filled<Uint32Array>;
  readonly knownUna: Filled<Int32Array>;
  readonly knownNxt: Filled<Int32Array>;
  readonly silent: Filled<Int32Array>;
  readonly expired: Filled<Int32Array>;
}

export class KnownWindow {
  #told = new Float64Array(fields * 1024).fill(none);

  /** Null for a source that shows sends. */
  static of(layout: Layout): KnownWindow | null {
    return layout.place("known_cwnd") >= 0 && layout.place("snd_cwnd") >= 0 ? new KnownWindow() : null;
  }

  /** Fills the columns of a batch whose connections and sequence numbers are known. `flows`: number of connections. */
  follow(batch: Batch, flows: number): void {
    this.#told = grown(this.#told, fields * (flows + 1), none);
    const columns: Columns = {
      ns: batch.column<Float64Array>("ns"),
      types: batch.column<Uint8Array>("type"),
      flow: flowsOf(batch),
      state: cellsOf(batch, "ca_state"),
      cwnd: cellsOf(batch, "snd_cwnd")!,
      ssthresh: cellsOf(batch, "ssthresh"),
      una: cellsOf(batch, "snd_una"),
      nxt: cellsOf(batch, "snd_nxt"),
      knownCwnd: emptyColumn(batch, "known_cwnd"),
      knownSsthresh: emptyColumn(batch, "known_ssthresh"),
      knownUna: emptyColumn(batch, "known_snd_una"),
      knownNxt: emptyColumn(batch, "known_snd_nxt"),
      silent: emptyColumn(batch, "silent_ns"),
      expired: emptyColumn(batch, "expired_ns"),
    };
    this.#fill(batch.rows, columns);
    const { knownCwnd, knownSsthresh, knownUna, knownNxt, silent, expired } = columns;
    tellNulls(batch, [knownCwnd, knownSsthresh, knownUna, knownNxt, silent, expired]);
  }

  #fill(rows: number, columns: Columns): void {
    const { ns, types, flow, state, cwnd, ssthresh, una, nxt } = columns;
    const { knownCwnd, knownSsthresh, knownUna, knownNxt, silent, expired } = columns;
    const told = this.#told;
    for (let row = 0; row < rows; row++) {
      if (!isSet(flow.valid, row)) continue;
      const at = flow.values[row]! * fields;
      const since = told[at + last.ns]!;
      const isKnown = !Number.isNaN(since);
      if (isKnown) {
        fill(knownCwnd, row, told[at + last.cwnd]!);
        fill(knownSsthresh, row, told[at + last.ssthresh]!);
        fillLong(knownUna, row, told[at + last.una]!);
        fillLong(knownNxt, row, told[at + last.nxt]!);
      }
      if (isSet(cwnd.valid, row)) {
        if (isKnown) fillLong(silent, row, ns[row]! - since);
        fillLong(expired, row, ns[row]! - told[at + last.lossNs]!);
        told[at + last.cwnd] = cwnd.values[row]!;
        told[at + last.ssthresh] = ssthresh !== null && isSet(ssthresh.valid, row) ? ssthresh.values[row]! : none;
        told[at + last.una] = una !== null && isSet(una.valid, row) ? longAt(una.values, row) : none;
        told[at + last.nxt] = nxt !== null && isSet(nxt.valid, row) ? longAt(nxt.values, row) : none;
        told[at + last.ns] = ns[row]!;
        told[at + last.lossNs] = none;
      } else if (types[row] === typeCaState && state !== null && isSet(state.valid, row)) {
        const isFirst = state.values[row] === stateLoss && Number.isNaN(told[at + last.lossNs]!);
        if (isFirst) told[at + last.lossNs] = ns[row]!;
      }
    }
  }
}

function fill({ values, valid }: Filled<Uint32Array>, row: number, value: number): void {
  if (Number.isNaN(value)) return;
  values[row] = value;
  mark(valid, row);
}

function fillLong({ values, valid }: Filled<Int32Array>, row: number, value: number): void {
  if (Number.isNaN(value)) return;
  putLong(values, row, value);
  mark(valid, row);
}
