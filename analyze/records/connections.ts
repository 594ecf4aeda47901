/**
 * Which connection each record belongs to, and where its sequence numbers stand. Records come in order, so what a
 * connection has shown so far is carried along.
 *
 * A 4-tuple can serve several connections. One begins at its first record; where a handshake begins (life 1), which can
 * be said again (a repeated SYN); where it is established (life 2) without such a handshake just before; and after an
 * end (life 3), at the next record that only a living connection has. Some kernels tell of a passive open's congestion
 * state (life 4: Open) right before they tell that it is established: then it begins there. Records that name no two
 * ports belong to no connection.
 *
 * A sequence number counts modulo 2^32. Between two records it moves by less than 2^31 either way (a window is at most
 * 2^30), so the smaller step is the true one. Where the source gives absolute numbers, they count from the first one
 * seen.
 */
import type { Batch, Ends } from "./batch.ts";

export const life = { none: 0, begins: 1, established: 2, ended: 3, perhapsOpens: 4 } as const;

/** Types up to this one only a living connection has: no resets, no polls. */
const lastLivingType = 8;

const half = 2147483648;
const whole = 4294967296;

/** Tells that a number has not been seen yet. */
const unseen = -1;

/** Growing columns of numbers, one place for each 4-tuple or connection. */
class Growing {
  values: Float64Array;
  readonly #initial: number;
  constructor(initial: number) {
    this.#initial = initial;
    this.values = new Float64Array(1024).fill(initial);
  }
  reach(count: number): Float64Array {
    if (count <= this.values.length) return this.values;
    const larger = new Float64Array(Math.max(count, this.values.length * 2)).fill(this.#initial);
    larger.set(this.values);
    this.values = larger;
    return larger;
  }
}

export class Connections {
  /** Connections met so far, numbered from 1. */
  count = 0;
  readonly #relative: boolean;
  // By 4-tuple.
  readonly #current = new Growing(0);
  readonly #lastLife = new Growing(0);
  readonly #lastButOpen = new Growing(0);
  readonly #mayHaveOpened = new Growing(0);
  readonly #cookies = new Growing(0);
  // By connection: its own numbers' half, last value and zero; the peer's.
  readonly #ownHalf = new Growing(0);
  readonly #ownLast = new Growing(unseen);
  readonly #ownZero = new Growing(0);
  readonly #peerHalf = new Growing(0);
  readonly #peerLast = new Growing(unseen);
  readonly #peerZero = new Growing(0);
  /** Whether any connection's numbers are no longer those of the text. */
  #wrapped = false;

  /** `relative`: sequence numbers count from 0 for each connection. */
  constructor(relative: boolean) {
    this.#relative = relative;
  }

  /**
   * Gives each record of a batch its connection (`flow`; none: no value) and its 64-bit numbers. `ends` is by number of
   * 4-tuple.
   */
  follow(batch: Batch, ends: readonly Ends[]): void {
    const { rows, layout } = batch;
    const tuples = batch.column<Uint32Array>("ends");
    const lifeSigns = batch.column<Uint8Array>("life");
    const types = batch.column<Uint8Array>("type");
    const flows = batch.column<Uint32Array>("flow");
    const flowPlace = layout.place("flow");
    const valid = batch.valid(flowPlace);
    const current = this.#current.reach(ends.length);
    const lastLife = this.#lastLife.reach(ends.length);
    const lastButOpen = this.#lastButOpen.reach(ends.length);
    const mayHaveOpened = this.#mayHaveOpened.reach(ends.length);
    const cookies = layout.place("cookie") < 0 ? null : batch.column<Float64Array>("cookie");
    for (let row = 0; row < rows; row++) {
      const tuple = tuples[row]!;
      let flow = current[tuple]!;
      if (flow < 0) {
        valid[row >> 3]! &= ~(1 << (row & 7));
        batch.hasNulls[flowPlace] = true;
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
        if (told > 0) {
          lastLife[tuple] = told;
          if (told === life.perhapsOpens) mayHaveOpened[tuple] = 1;
          else lastButOpen[tuple] = told;
        }
      } else if (told === 0) {
        if (lastButOpen[tuple] === life.ended && types[row]! <= lastLivingType) {
          flow = current[tuple] = ++this.count;
          lastButOpen[tuple] = 0;
        }
      } else {
        const before = lastButOpen[tuple]!;
        if (told === life.perhapsOpens) {
          const opens = lastLife[tuple] === life.ended;
          mayHaveOpened[tuple] = opens ? 1 : 0;
          if (before === life.ended) {
            flow = current[tuple] = ++this.count;
            lastButOpen[tuple] = 0;
          }
        } else {
          const opened = lastLife[tuple] === life.perhapsOpens && mayHaveOpened[tuple] === 1;
          if (told === life.ended ? before === life.ended : before !== life.begins && !opened)
            flow = current[tuple] = ++this.count;
          lastButOpen[tuple] = told;
          mayHaveOpened[tuple] = 0;
        }
        lastLife[tuple] = told;
      }
      if (cookies !== null && cookies[row]! !== 0) {
        const known = this.#cookies.reach(this.count + 2);
        // The socket is another one, whatever was not seen between.
        if (known[flow]! !== 0 && known[flow] !== cookies[row]) {
          flow = current[tuple] = ++this.count;
          lastButOpen[tuple] = 0;
        }
        known[flow] = cookies[row]!;
      }
      flows[row] = flow;
    }
    const una = layout.place("snd_una");
    if (una < 0 && layout.place("seq_num") < 0) return;
    const plain = this.#relative && !batch.data.upperHalf && !this.#wrapped && !batch.hasNulls[flowPlace];
    if (plain && una >= 0 && !batch.hasNulls[una]) this.#remember(batch, flows);
    else this.#unwrap(batch, flows, valid);
  }

  /** Numbers that are right as they are: only the last of each connection is kept. */
  #remember(batch: Batch, flows: Uint32Array): void {
    const types = batch.column<Uint8Array>("type");
    const una = batch.column<Int32Array>("snd_una");
    const seq = batch.column<Int32Array>("seq_num");
    const ack = batch.column<Int32Array>("ack_num");
    const ownLast = this.#ownLast.reach(this.count + 1);
    const peerLast = this.#peerLast.reach(this.count + 1);
    for (let row = 0; row < batch.rows; row++) {
      const flow = flows[row]!;
      ownLast[flow] = una[2 * row]!;
      const type = types[row]!;
      if (type <= 1) peerLast[flow] = type === 0 ? seq[2 * row]! : ack[2 * row]!;
    }
  }

  #unwrap(batch: Batch, flows: Uint32Array, known: Uint8Array): void {
    const { rows, layout } = batch;
    const numbers = (name: string) => {
      const place = layout.place(name);
      if (place < 0) return null;
      return { values: batch.at(place) as Int32Array, valid: batch.hasNulls[place] ? batch.valid(place) : null };
    };
    type Numbers = ReturnType<typeof numbers>;
    const at = (column: Numbers, row: number): number =>
      column === null || (column.valid && !(column.valid[row >> 3]! & (1 << (row & 7))))
        ? unseen
        : column.values[2 * row]! >>> 0;
    const put = (column: Numbers, row: number, number: number): void => {
      column!.values[2 * row] = number;
      column!.values[2 * row + 1] = Math.floor(number / whole);
    };
    const [seq, ack, nxt, una, written] = ["seq_num", "ack_num", "snd_nxt", "snd_una", "write_seq"].map(numbers) as [
      Numbers,
      Numbers,
      Numbers,
      Numbers,
      Numbers,
    ];
    const types = batch.column<Uint8Array>("type");
    const count = this.count + 1;
    const ownHalf = this.#ownHalf.reach(count);
    const ownLast = this.#ownLast.reach(count);
    const ownZero = this.#ownZero.reach(count);
    const peerHalf = this.#peerHalf.reach(count);
    const peerLast = this.#peerLast.reach(count);
    const peerZero = this.#peerZero.reach(count);
    // Most connections never leave the lower half, where numbers are right as they are.
    const words = [seq, ack, nxt, una, written].map((column) => column?.values);
    const [seqs, acks, nxts, unas, ends] = words as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
    const mayBePlain = this.#relative && words.every((values) => values !== undefined) && una?.valid === null;
    for (let row = 0; row < rows; row++) {
      const at2 = 2 * row;
      if (mayBePlain && (seqs[at2]! | acks[at2]! | nxts[at2]! | unas[at2]! | ends[at2]!) >= 0) {
        const flow = flows[row]!;
        const isKnown = known[row >> 3]! & (1 << (row & 7));
        if (isKnown && ownHalf[flow] === 0 && peerHalf[flow] === 0 && ownLast[flow]! < half && peerLast[flow]! < half) {
          ownLast[flow] = unas[at2]!;
          if (types[row]! <= 1) peerLast[flow] = types[row] === 0 ? seqs[at2]! : acks[at2]!;
          continue;
        }
      }
      const seqNum = at(seq, row);
      const ackNum = at(ack, row);
      const sndUna = at(una, row);
      const sndNxt = at(nxt, row);
      const writeSeq = at(written, row);
      if (!(known[row >> 3]! & (1 << (row & 7)))) {
        // Numbers of no connection have no place.
        for (const [column, value] of [
          [seq, seqNum],
          [ack, ackNum],
          [nxt, sndNxt],
          [una, sndUna],
          [written, writeSeq],
        ] as const)
          if (value !== unseen) clear(batch, column!.values, row);
        continue;
      }
      const flow = flows[row]!;
      const sends = types[row] === 1;
      const own = sndUna !== unseen ? sndUna : types[row] === 0 ? ackNum : sends ? seqNum : unseen;
      const peer = types[row] === 0 ? seqNum : sends ? ackNum : unseen;
      if (own !== unseen) {
        this.#step(own, flow, ownHalf, ownLast, ownZero);
        ownLast[flow] = own;
      }
      if (peer !== unseen) {
        this.#step(peer, flow, peerHalf, peerLast, peerZero);
        peerLast[flow] = peer;
      }
      const ownMiddle = ownHalf[flow]! * half + half / 2;
      const peerMiddle = peerHalf[flow]! * half + half / 2;
      const zero = ownZero[flow]!;
      const theirs = peerZero[flow]!;
      if (sndUna !== unseen) put(una, row, near(sndUna, ownMiddle) - zero);
      if (sndNxt !== unseen) put(nxt, row, near(sndNxt, ownMiddle) - zero);
      if (writeSeq !== unseen) put(written, row, near(writeSeq, ownMiddle) - zero);
      if (seqNum !== unseen) put(seq, row, sends ? near(seqNum, ownMiddle) - zero : near(seqNum, peerMiddle) - theirs);
      if (ackNum !== unseen) put(ack, row, sends ? near(ackNum, peerMiddle) - theirs : near(ackNum, ownMiddle) - zero);
    }
  }

  /** Follows one side's number into the half of the 32-bit range where it is now. */
  #step(number: number, flow: number, halves: Float64Array, lasts: Float64Array, zeros: Float64Array): void {
    const last = lasts[flow]!;
    const upper = number >= half ? 1 : 0;
    if (last === unseen) {
      if (!this.#relative) zeros[flow] = number;
      // A relative number that starts in the upper half is one just below 0.
      halves[flow] = upper - (this.#relative && upper ? 2 : 0);
    } else if (upper !== (last >= half ? 1 : 0)) {
      halves[flow]! += (number - last + whole) % whole < half ? 1 : -1;
    } else return;
    if (halves[flow] !== 0) this.#wrapped = true;
  }
}

/** The number nearest to `middle` that is `number` modulo 2^32. */
const near = (number: number, middle: number): number => {
  const from = middle - half;
  return from + ((((number - from) % whole) + whole) % whole);
};

function clear(batch: Batch, values: Int32Array, row: number): void {
  const place = batch.layout.columns.findIndex((_, index) => batch.at(index) === values);
  batch.valid(place)[row >> 3]! &= ~(1 << (row & 7));
  batch.hasNulls[place] = true;
}
