/**
 * Numbers the pairs of ends that lines name. The same bytes recur all the time, so they are looked up as bytes and
 * parsed only the first time.
 */
import type { Ends } from "./batch.ts";

/** Most pairs of ends in the table. It is then emptied, so that no text can make it grow without bound. */
export const mostEnds = 1 << 16;
const slots = mostEnds * 4;

export class EndsTable {
  /** Pairs of ends first seen since this list was last taken. */
  newEnds: Ends[] = [];
  /** Whether the numbers restarted at 0 since then. */
  anew = true;
  /** Incremented whenever the table is emptied. */
  generation = 0;
  #count = 0;
  readonly #table = new Int32Array(slots).fill(-1);
  // For each entry: its bytes, the source's number of its connection, and the number of its pair of ends.
  #entries = 0;
  #bytes = new Uint8Array(1 << 14);
  readonly #begins = new Uint32Array(mostEnds + 1);
  readonly #connections = new Float64Array(mostEnds);
  readonly #numbers = new Int32Array(mostEnds);
  readonly #byText = new Map<string, number>();
  /** Source ports by the number of the pair of ends; below, destination ports. */
  sports: number[] = [];
  dports: number[] = [];

  /** Makes room before a batch. At most `rows` new pairs of ends may be added between two calls. */
  prepare(rows: number): void {
    if (this.#entries + rows < mostEnds) return;
    this.#table.fill(-1);
    this.#entries = 0;
    this.#byText.clear();
    this.sports = [];
    this.dports = [];
    this.#count = 0;
    this.anew = true;
    this.generation++;
  }

  /** Number of a pair of ends whose bytes the caller remembers until the next generation. */
  meet(ends: Ends): number {
    this.#entries++;
    return this.numberOf(ends);
  }

  /**
   * Number of the pair of ends that bytes [from, to) name, or -1 where they name none. `connection` is the source's
   * number of the connection, 0 where the text has none. `take` parses the bytes.
   */
  lookUp(
    bytes: Uint8Array,
    from: number,
    to: number,
    connection: number,
    take: (bytes: Uint8Array, from: number, to: number, connection: number) => Ends | null,
  ): number {
    const length = to - from;
    let hash = 0x811c9dc5 ^ (connection | 0);
    let next = from;
    // Hash four bytes at a time: multiplications are expensive.
    for (; next + 4 <= to; next += 4) {
      const four = bytes[next]! | (bytes[next + 1]! << 8) | (bytes[next + 2]! << 16) | (bytes[next + 3]! << 24);
      hash = Math.imul(hash ^ four, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    for (; next < to; next++) hash = Math.imul(hash ^ bytes[next]!, 0x01000193);
    let slot = (hash ^ (hash >>> 15)) & (slots - 1);
    for (;;) {
      const entry = this.#table[slot]!;
      if (entry < 0) break;
      const key = this.#begins[entry]!;
      if (this.#begins[entry + 1]! - key === length && this.#connections[entry] === connection) {
        const own = this.#bytes;
        let at = 0;
        while (at < length && own[key + at] === bytes[from + at]) at++;
        if (at === length) return this.#numbers[entry]!;
      }
      slot = (slot + 1) & (slots - 1);
    }
    const ends = take(bytes, from, to, connection);
    if (ends === null) return -1;
    const number = this.numberOf(ends);
    this.#keep(bytes, from, to, connection, slot, number);
    return number;
  }

  #keep(bytes: Uint8Array, from: number, to: number, connection: number, slot: number, number: number): void {
    const entry = this.#entries++;
    const begin = this.#begins[entry]!;
    const end = begin + to - from;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(from, to), begin);
    this.#begins[entry + 1] = end;
    this.#table[slot] = entry;
    this.#numbers[entry] = number;
    this.#connections[entry] = connection;
  }

  numberOf(ends: Ends): number {
    const text = `${ends.saddr} ${ends.sport} ${ends.daddr} ${ends.dport} ${ends.connection ?? ""}`;
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const number = this.#count++;
    this.#byText.set(text, number);
    this.newEnds.push(ends);
    this.sports[number] = ends.sport;
    this.dports[number] = ends.dport;
    return number;
  }

  takeNews(): { newEnds: Ends[]; endsAnew: boolean } {
    const news = { newEnds: this.newEnds, endsAnew: this.anew };
    this.newEnds = [];
    this.anew = false;
    return news;
  }
}
