/**
 * Counts the round trips of each connection from 1. When a round trip begins, the last byte sent so far is noted; when
 * this byte is acknowledged, the round trip ends (as in RFC 9406, section 4.2). The next one begins with the next
 * record that sends something or shows something in flight.
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
  tellNulls,
  type Words,
} from "./cells.ts";
import type { CarriedSpec } from "./columns.ts";

/** The round trip that the record belongs to. */
export const roundSpecs: readonly CarriedSpec[] = [{ name: "round_trip", kind: "u32", type: "UINTEGER" }];

const typeReceived = 0;
const typeSent = 1;
/** TCP flags of a received segment that matter here. The acknowledgement number of a RST is ignored. */
const [ack, reset] = [16, 4];
const notRunning = Number.POSITIVE_INFINITY;

/** The columns of a batch that are read, and those that are filled. */
interface Columns {
  readonly types: Uint8Array;
  readonly flow: Words;
  readonly una: Longs;
  readonly nxt: Longs;
  readonly acks: Longs | null;
  readonly flags: Bytes | null;
  readonly sequence: Longs | null;
  readonly lengths: Words | null;
  readonly trips: Filled<Uint32Array>;
}

export class Rounds {
  #counts = new Uint32Array(1024);
  /** By connection: the sequence number after the last byte sent when the round trip began. */
  #ends = new Float64Array(1024).fill(notRunning);

  /** Null for a source without sequence numbers. */
  static of(layout: Layout): Rounds | null {
    return ["round_trip", "snd_una", "snd_nxt"].every((name) => layout.place(name) >= 0) ? new Rounds() : null;
  }

  /** Fills the column of a batch whose connections and sequence numbers are known. `flows`: number of connections. */
  follow(batch: Batch, flows: number): void {
    this.#counts = grown(this.#counts, flows + 1, 0);
    this.#ends = grown(this.#ends, flows + 1, notRunning);
    const columns: Columns = {
      types: batch.column<Uint8Array>("type"),
      flow: flowsOf(batch),
      una: cellsOf(batch, "snd_una")!,
      nxt: cellsOf(batch, "snd_nxt")!,
      acks: cellsOf(batch, "ack_num"),
      flags: cellsOf(batch, "tcp_flags"),
      sequence: cellsOf(batch, "seq_num"),
      lengths: cellsOf(batch, "length_bytes"),
      trips: emptyColumn(batch, "round_trip"),
    };
    this.#fill(batch.rows, columns);
    tellNulls(batch, [columns.trips]);
  }

  #fill(rows: number, columns: Columns): void {
    const { types, flow, una, nxt, acks, flags, sequence, lengths, trips } = columns;
    const [counts, ends] = [this.#counts, this.#ends];
    for (let row = 0; row < rows; row++) {
      if (!isSet(flow.valid, row) || !isSet(una.valid, row) || !isSet(nxt.valid, row)) continue;
      const connection = flow.values[row]!;
      const type = types[row]!;
      const acked = longAt(una.values, row);
      let sent = longAt(nxt.values, row);
      // The record shows the state before its segment is sent.
      if (type === typeSent && sequence !== null && lengths !== null)
        if (isSet(sequence.valid, row) && isSet(lengths.valid, row))
          sent = Math.max(sent, longAt(sequence.values, row) + lengths.values[row]!);
      if (acked >= ends[connection]!) ends[connection] = notRunning;
      if (ends[connection] === notRunning && sent > acked) {
        counts[connection]! += 1;
        ends[connection] = sent;
      }
      if (counts[connection] === 0) continue;
      trips.values[row] = counts[connection]!;
      mark(trips.valid, row);
      // The segment's own acknowledgement can end the round trip with this record.
      if (type !== typeReceived || acks === null || !isSet(acks.valid, row)) continue;
      const bits = flags !== null && isSet(flags.valid, row) ? flags.values[row]! : 0;
      const reached = longAt(acks.values, row);
      if ((bits & (ack | reset)) === ack && reached <= sent && reached >= ends[connection]!) {
        if (sent > reached) counts[connection]! += 1;
        ends[connection] = sent > reached ? sent : notRunning;
      }
    }
  }
}
