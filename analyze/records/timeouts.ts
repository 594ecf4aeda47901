/** Counts retransmission timeouts, for sources that report each timeout but no running count. */
import type { TppHeader } from "@tcpprobe-plus/tpp";
import type { Batch, Layout } from "./batch.ts";

const typeTimeout = 2;

export class Timeouts {
  readonly #place: number;
  readonly #timer: number;
  #counts = new Uint32Array(1024);

  /** Null for sources that report a count, and for those that do not see timeouts. */
  static of({ records }: Pick<TppHeader, "records">, layout: Layout): Timeouts | null {
    const place = layout.place("rto_num");
    const countsItself = records === undefined || records.fields.some(({ name }) => name === "rto_num");
    return countsItself || place < 0 ? null : new Timeouts(place, layout.place("timer"));
  }

  private constructor(place: number, timer: number) {
    this.#place = place;
    this.#timer = timer;
  }

  /** Fills `rto_num` of records whose connection (`flow`) is known. */
  follow(batch: Batch): void {
    const { rows } = batch;
    const types = batch.column<Uint8Array>("type");
    const flows = batch.column<Uint32Array>("flow");
    const column = batch.at(this.#place);
    const timers = batch.at(this.#timer);
    const words = batch.data.texts[this.#timer] ?? [];
    const rto = words.indexOf("rto");
    for (let row = 0; row < rows; row++) {
      const flow = flows[row]!;
      if (flow >= this.#counts.length) this.#grow(flow);
      if (types[row] === typeTimeout && rto >= 0 && timers[row] === rto) this.#counts[flow]! += 1;
      column[row] = this.#counts[flow]!;
    }
  }

  #grow(flow: number): void {
    const larger = new Uint32Array(Math.max(flow + 1, this.#counts.length * 2));
    larger.set(this.#counts);
    this.#counts = larger;
  }
}
