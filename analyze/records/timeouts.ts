/** Counts retransmission timeouts, for sources that report each timeout but no running count. */
import type { TppHeader } from "@tcpprobe-plus/tpp";
import type { Batch, Layout } from "./batch.ts";
import { emptyColumn, type Filled, flowsOf, grown, isSet, mark, tellNulls } from "./cells.ts";

const typeTimeout = 2;

export class Timeouts {
  readonly #timer: number;
  #counts = new Uint32Array(1024);

  /** Null for sources that report a count, and for those that do not see timeouts. */
  static of({ records }: Pick<TppHeader, "records">, layout: Layout): Timeouts | null {
    const place = layout.place("rto_num");
    const countsItself = records === undefined || records.fields.some(({ name }) => name === "rto_num");
    return countsItself || place < 0 ? null : new Timeouts(layout.place("timer"));
  }

  private constructor(timer: number) {
    this.#timer = timer;
  }

  /** Fills `rto_num` of records whose connection is known. `flows`: number of connections. */
  follow(batch: Batch, flows: number): void {
    this.#counts = grown(this.#counts, flows + 1, 0);
    const rto = (batch.data.texts[this.#timer] ?? []).indexOf("rto");
    const counted: Filled<Uint32Array> = emptyColumn(batch, "rto_num");
    this.#fill(batch, rto, counted);
    tellNulls(batch, [counted]);
  }

  /** `rto`: the place of that text among those of the timer. */
  #fill(batch: Batch, rto: number, { values, valid }: Filled<Uint32Array>): void {
    const { rows } = batch;
    const types = batch.column<Uint8Array>("type");
    const flow = flowsOf(batch);
    const timers = batch.at(this.#timer);
    const counts = this.#counts;
    for (let row = 0; row < rows; row++) {
      if (!isSet(flow.valid, row)) continue;
      const connection = flow.values[row]!;
      if (types[row] === typeTimeout && rto >= 0 && timers[row] === rto) counts[connection]! += 1;
      values[row] = counts[connection]!;
      mark(valid, row);
    }
  }
}
