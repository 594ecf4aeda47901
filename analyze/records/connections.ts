/**
 * Decides which connection each record belongs to, and extends its sequence numbers to 64 bits. Records come in order,
 * so the state of each connection is carried along.
 *
 * A 4-tuple can serve several connections, one after the other. A connection begins
 * - at the first record of the 4-tuple;
 * - where a handshake begins (life 1); a repeated SYN does not begin another connection;
 * - where it is established (life 2) after the last one was established or ended, without such a handshake just before;
 *   earlier records that tell of neither are its own: with TCP Fast Open data is sent before the handshake is complete;
 * - after an end (life 3), at the next record that only a living connection has: some kernels report the congestion
 *   state of a passive open right before they report it as established.
 * A record that does not name two ports belongs to no connection.
 *
 * A sequence number counts modulo 2^32. Between two records it moves by less than 2^31 in either direction (a window is
 * at most 2^30), so the smaller step is the true one. Where the source gives absolute numbers, they are counted from
 * the first one seen.
 */
import type { Batch, Ends } from "./batch.ts";
import { clear, type Filled, grown, isSet, tellNulls, wholeColumn } from "./cells.ts";

export const life = { none: 0, begins: 1, established: 2, ended: 3 } as const;

/** Only a living connection has records of the types up to this one. Resets and polls come after it. */
const lastLivingType = 8;

const half = 2147483648;
const whole = 4294967296;

/** Stands for a number that has not been seen yet. */
const unseen = -1;

const numbers = (initial: number): Float64Array => new Float64Array(1024).fill(initial);

/** The columns of a batch that are read, and its sequence numbers, which are changed. */
interface Numbers {
  readonly types: Uint8Array;
  readonly flow: Filled<Uint32Array>;
  readonly seq: Filled<Int32Array> | null;
  readonly ack: Filled<Int32Array> | null;
  readonly nxt: Filled<Int32Array> | null;
  readonly una: Filled<Int32Array> | null;
  readonly written: Filled<Int32Array> | null;
}

export class Connections {
  /** Number of connections so far. They are numbered from 1. */
  count = 0;
  readonly #relative: boolean;
  // By 4-tuple.
  #current = numbers(0);
  #lastLife = numbers(0);
  // By connection: its socket's cookie.
  #cookies = numbers(0);
  // By connection: half, last value and zero of its own sequence numbers, then of the peer's.
  #ownHalf = numbers(0);
  #ownLast = numbers(unseen);
  #ownZero = numbers(0);
  #peerHalf = numbers(0);
  #peerLast = numbers(unseen);
  #peerZero = numbers(0);
  /** Whether the numbers of any connection now differ from those in the text. */
  #wrapped = false;

  /** `relative`: sequence numbers count from 0 for each connection. */
  constructor(relative: boolean) {
    this.#relative = relative;
  }

  /**
   * Gives each record of a batch its connection (`flow`, NULL where it has none) and its 64-bit sequence numbers.
   * `ends` is indexed by the number of the 4-tuple.
   */
  follow(batch: Batch, ends: readonly Ends[]): void {
    const tuples = ends.length;
    this.#current = grown(this.#current, tuples, 0);
    this.#lastLife = grown(this.#lastLife, tuples, 0);
    const flow: Filled<Uint32Array> = wholeColumn(batch, "flow");
    this.#assign(batch, ends, flow);
    tellNulls(batch, [flow]);
    const { layout } = batch;
    const una = layout.place("snd_una");
    if (una < 0 && layout.place("seq_num") < 0) return;
    this.#reach(this.count + 1);
    const plain = this.#relative && !batch.data.upperHalf && !this.#wrapped && !batch.hasNulls[flow.place];
    if (plain && una >= 0 && !batch.hasNulls[una]) this.#remember(batch, flow.values);
    else this.#unwrap(batch, flow);
  }

  #assign(batch: Batch, ends: readonly Ends[], { values: flows, valid }: Filled<Uint32Array>): void {
    const { rows, layout } = batch;
    const tuples = batch.column<Uint32Array>("ends");
    const lifeSigns = batch.column<Uint8Array>("life");
    const types = batch.column<Uint8Array>("type");
    const [current, lastLife] = [this.#current, this.#lastLife];
    const cookies = layout.place("cookie") < 0 ? null : batch.column<Float64Array>("cookie");
    for (let row = 0; row < rows; row++) {
      const tuple = tuples[row]!;
      let flow = current[tuple]!;
      if (flow < 0) {
        clear(valid, row);
        continue;
      }
      const told = lifeSigns[row]!;
      if (flow === 0) {
        const { sport, dport } = ends[tuple]!;
        if (sport === 0 || dport === 0) {
          current[tuple] = -1;
          row--;
          continue;
        }
        flow = current[tuple] = ++this.count;
        lastLife[tuple] = told;
      } else if (told === life.none) {
        if (lastLife[tuple] === life.ended && types[row]! <= lastLivingType) {
          flow = current[tuple] = ++this.count;
          lastLife[tuple] = life.none;
        }
      } else {
        const before = lastLife[tuple]!;
        if (told === life.ended ? before === life.ended : before > life.begins) flow = current[tuple] = ++this.count;
        lastLife[tuple] = told;
      }
      if (cookies !== null && cookies[row]! !== 0) {
        this.#cookies = grown(this.#cookies, this.count + 2, 0);
        const known = this.#cookies;
        // It is another socket, even if the end of the first one was not seen.
        if (known[flow]! !== 0 && known[flow] !== cookies[row]) {
          flow = current[tuple] = ++this.count;
          lastLife[tuple] = life.none;
        }
        known[flow] = cookies[row]!;
      }
      flows[row] = flow;
    }
  }

  #reach(count: number): void {
    this.#ownHalf = grown(this.#ownHalf, count, 0);
    this.#ownLast = grown(this.#ownLast, count, unseen);
    this.#ownZero = grown(this.#ownZero, count, 0);
    this.#peerHalf = grown(this.#peerHalf, count, 0);
    this.#peerLast = grown(this.#peerLast, count, unseen);
    this.#peerZero = grown(this.#peerZero, count, 0);
  }

  /** For a batch whose numbers need no change: keeps the last number of each connection. */
  #remember(batch: Batch, flows: Uint32Array): void {
    const types = batch.column<Uint8Array>("type");
    const una = batch.column<Int32Array>("snd_una");
    const seq = batch.column<Int32Array>("seq_num");
    const ack = batch.column<Int32Array>("ack_num");
    const [ownLast, peerLast] = [this.#ownLast, this.#peerLast];
    for (let row = 0; row < batch.rows; row++) {
      const flow = flows[row]!;
      ownLast[flow] = una[2 * row]!;
      const type = types[row]!;
      if (type <= 1) peerLast[flow] = type === 0 ? seq[2 * row]! : ack[2 * row]!;
    }
  }

  #unwrap(batch: Batch, flow: Filled<Uint32Array>): void {
    const columns: Numbers = {
      types: batch.column<Uint8Array>("type"),
      flow,
      seq: numbersOf(batch, "seq_num"),
      ack: numbersOf(batch, "ack_num"),
      nxt: numbersOf(batch, "snd_nxt"),
      una: numbersOf(batch, "snd_una"),
      written: numbersOf(batch, "write_seq"),
    };
    const { seq, ack, nxt, una, written } = columns;
    const all = [seq, ack, nxt, una, written];
    const mayBePlain = this.#relative && all.every((column) => column !== null) && !batch.hasNulls[una!.place];
    if (mayBePlain) this.#unwrapMost(batch.rows, columns);
    else for (let row = 0; row < batch.rows; row++) this.#unwrapRow(row, columns);
    tellNulls(
      batch,
      all.filter((column) => column !== null),
    );
  }

  /** A fast path: most connections never leave the lower half of the range, where numbers need no change. */
  #unwrapMost(rows: number, columns: Numbers): void {
    const { types, flow } = columns;
    const [seqs, acks, unas] = [columns.seq!.values, columns.ack!.values, columns.una!.values];
    const [nxts, ends] = [columns.nxt!.values, columns.written!.values];
    const [ownHalf, ownLast, peerHalf, peerLast] = [this.#ownHalf, this.#ownLast, this.#peerHalf, this.#peerLast];
    for (let row = 0; row < rows; row++) {
      const low = 2 * row;
      if ((seqs[low]! | acks[low]! | nxts[low]! | unas[low]! | ends[low]!) >= 0 && isSet(flow.valid, row)) {
        const of = flow.values[row]!;
        if (ownHalf[of] === 0 && peerHalf[of] === 0 && ownLast[of]! < half && peerLast[of]! < half) {
          ownLast[of] = unas[low]!;
          const type = types[row]!;
          if (type <= 1) peerLast[of] = type === 0 ? seqs[low]! : acks[low]!;
          continue;
        }
      }
      this.#unwrapRow(row, columns);
    }
  }

  #unwrapRow(row: number, { types, flow: flows, seq, ack, nxt, una, written }: Numbers): void {
    if (!isSet(flows.valid, row)) {
      // Without a connection there is nothing to count from.
      for (const column of [seq, ack, nxt, una, written]) if (column !== null) clear(column.valid, row);
      return;
    }
    const seqNum = numberAt(seq, row);
    const ackNum = numberAt(ack, row);
    const sndUna = numberAt(una, row);
    const sndNxt = numberAt(nxt, row);
    const writeSeq = numberAt(written, row);
    const flow = flows.values[row]!;
    const sends = types[row] === 1;
    const own = sndUna !== unseen ? sndUna : types[row] === 0 ? ackNum : sends ? seqNum : unseen;
    const peer = types[row] === 0 ? seqNum : sends ? ackNum : unseen;
    if (own !== unseen) {
      this.#step(own, flow, this.#ownHalf, this.#ownLast, this.#ownZero);
      this.#ownLast[flow] = own;
    }
    if (peer !== unseen) {
      this.#step(peer, flow, this.#peerHalf, this.#peerLast, this.#peerZero);
      this.#peerLast[flow] = peer;
    }
    const ownMiddle = this.#ownHalf[flow]! * half + half / 2;
    const peerMiddle = this.#peerHalf[flow]! * half + half / 2;
    const zero = this.#ownZero[flow]!;
    const theirs = this.#peerZero[flow]!;
    if (sndUna !== unseen) putNumber(una!, row, near(sndUna, ownMiddle) - zero);
    if (sndNxt !== unseen) putNumber(nxt!, row, near(sndNxt, ownMiddle) - zero);
    if (writeSeq !== unseen) putNumber(written!, row, near(writeSeq, ownMiddle) - zero);
    if (seqNum !== unseen)
      putNumber(seq!, row, sends ? near(seqNum, ownMiddle) - zero : near(seqNum, peerMiddle) - theirs);
    if (ackNum !== unseen)
      putNumber(ack!, row, sends ? near(ackNum, peerMiddle) - theirs : near(ackNum, ownMiddle) - zero);
  }

  /** Follows the number of one side as it moves between halves of the 32-bit range. */
  #step(number: number, flow: number, halves: Float64Array, lasts: Float64Array, zeros: Float64Array): void {
    const last = lasts[flow]!;
    const upper = number >= half ? 1 : 0;
    if (last === unseen) {
      if (!this.#relative) zeros[flow] = number;
      // A relative number that starts in the upper half is just below 0.
      halves[flow] = upper - (this.#relative && upper ? 2 : 0);
    } else if (upper !== (last >= half ? 1 : 0)) {
      halves[flow]! += (number - last + whole) % whole < half ? 1 : -1;
    } else return;
    if (halves[flow] !== 0) this.#wrapped = true;
  }
}

/** The number nearest to `middle` that is congruent to `number` modulo 2^32. */
const near = (number: number, middle: number): number => {
  const from = middle - half;
  return from + ((((number - from) % whole) + whole) % whole);
};

/** A column of sequence numbers whose rows can be set to NULL. Null where the source does not supply it. */
function numbersOf(batch: Batch, name: string): Filled<Int32Array> | null {
  const place = batch.layout.place(name);
  if (place < 0) return null;
  const valid = batch.valid(place);
  return { place, values: batch.at(place) as Int32Array, valid: batch.hasNulls[place] ? valid : valid.fill(255) };
}

const numberAt = (column: Filled<Int32Array> | null, row: number): number =>
  column !== null && isSet(column.valid, row) ? column.values[2 * row]! >>> 0 : unseen;

function putNumber({ values }: Filled<Int32Array>, row: number, number: number): void {
  values[2 * row] = number;
  values[2 * row + 1] = Math.floor(number / whole);
}
