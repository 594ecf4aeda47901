/**
 * Round trips of each connection, counted from 1: one ends when what was sent last as it began is acknowledged (as in
 * RFC 9406, section 4.2), and the next begins with the record behind that sends something or shows something in flight.
 */
import type { Batch, Layout } from "./batch.ts";
import type { ColumnSpec } from "./columns.ts";

/** The round trip that the record is of. */
export const roundSpecs: readonly ColumnSpec[] = [{ name: "round_trip", kind: "u32" }];

/** SQL types of those columns. */
export const roundTypes: Readonly<Record<string, string>> = { round_trip: "UINTEGER" };

const typeReceived = 0;
const typeSent = 1;
/** Of the flags of a segment received, those that matter: a RST's acknowledgement is not looked at. */
const [ack, reset] = [16, 4];
const whole = 4294967296;
const notRunning = Number.POSITIVE_INFINITY;

export class Rounds {
  #counts = new Uint32Array(1024);
  /** Number behind what was sent last as the round trip began. */
  #ends = new Float64Array(1024).fill(notRunning);

  /** Null for a source without sequence numbers. */
  static of(layout: Layout): Rounds | null {
    return ["round_trip", "snd_una", "snd_nxt"].every((name) => layout.place(name) >= 0) ? new Rounds() : null;
  }

  /** Fills the column of a batch whose connections and numbers are known. `flows`: connections so far. */
  follow(batch: Batch, flows: number): void {
    if (flows >= this.#counts.length) {
      const size = Math.max(flows + 1, this.#counts.length * 2);
      const counts = new Uint32Array(size);
      counts.set(this.#counts);
      this.#counts = counts;
      const ends = new Float64Array(size).fill(notRunning);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    const { layout, rows } = batch;
    const source = (name: string) => {
      const place = layout.place(name);
      if (place < 0) return null;
      return { values: batch.at(place), valid: batch.hasNulls[place] ? batch.valid(place) : null };
    };
    const has = (valid: Uint8Array | null, row: number) =>
      valid === null || (valid[row >> 3]! & (1 << (row & 7))) !== 0;
    const place = layout.place("round_trip");
    const [values, valid] = [batch.at(place), batch.valid(place).fill(255)];
    let lacks = false;
    const none = (row: number): void => {
      valid[row >> 3]! &= ~(1 << (row & 7));
      lacks = true;
    };
    const [flow, una, nxt] = [source("flow")!, source("snd_una")!, source("snd_nxt")!];
    const [acks, flags] = [source("ack_num"), source("tcp_flags")];
    const [sequence, lengths] = [source("seq_num"), source("length_bytes")];
    const types = batch.column<Uint8Array>("type");
    const long = (of: ArrayLike<number>, row: number): number => of[2 * row + 1]! * whole + (of[2 * row]! >>> 0);
    const [counts, ends] = [this.#counts, this.#ends];
    for (let row = 0; row < rows; row++) {
      if (!has(flow.valid, row) || !has(una.valid, row) || !has(nxt.valid, row)) {
        none(row);
        continue;
      }
      const connection = flow.values[row]!;
      const acked = long(una.values, row);
      let sent = long(nxt.values, row);
      // The state is that before the segment is sent.
      if (types[row] === typeSent && sequence && lengths && has(sequence.valid, row) && has(lengths.valid, row))
        sent = Math.max(sent, long(sequence.values, row) + lengths.values[row]!);
      if (acked >= ends[connection]!) ends[connection] = notRunning;
      if (ends[connection] === notRunning && sent > acked) {
        counts[connection]! += 1;
        ends[connection] = sent;
      }
      if (counts[connection] === 0) {
        none(row);
        continue;
      }
      values[row] = counts[connection]!;
      // What the segment acknowledges ends it with this record.
      if (types[row] !== typeReceived || acks === null || !has(acks.valid, row)) continue;
      const bits = flags !== null && has(flags.valid, row) ? flags.values[row]! : 0;
      const reached = long(acks.values, row);
      if ((bits & (ack | reset)) === ack && reached <= sent && reached >= ends[connection]!) {
        if (sent > reached) counts[connection]! += 1;
        ends[connection] = sent > reached ? sent : notRunning;
      }
    }
    batch.hasNulls[place] = lacks;
  }
}
