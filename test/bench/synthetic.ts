/**
 * Synthetic records in the documented 30-field text, for benchmarks and fuzzing only. They have the shape of real
 * ones (a window that grows and halves, ACKs that lag a round trip, retransmissions, timeouts, reused ports, sequence
 * numbers that pass 2^32) and mean nothing.
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { seededChance } from "../support/seeded-chance.ts";

export interface SyntheticOptions {
  readonly records: number;
  /** Long connections, which together make 80 % of the records; every fourth of them passes 4 GiB. */
  readonly longFlows: number;
  readonly recordsPerLongFlow: number;
  /** Short connections at any moment. */
  readonly shortFlows: number;
  /** Records of a short connection before it is done and its 4-tuple is used again. */
  readonly recordsPerShortFlow: number;
  readonly seed: number;
}

export const defaultSynthetic: SyntheticOptions = {
  records: 1_000_000,
  longFlows: 8,
  recordsPerLongFlow: 150_000,
  shortFlows: 200,
  recordsPerShortFlow: 400,
  seed: 1,
};

const mss = 1448;
const modulo = 2 ** 32;

class SyntheticConnection {
  readonly ends: string;
  /** Bytes a segment carries: 64 kB ones make a connection pass 2^32. */
  readonly segment: number;
  readonly lifetimeRecords: number;
  records = 0;
  sndNxt = 0;
  sndUna = 0;
  cwnd = 10;
  ssthresh = 2147483647;
  srtt8 = 160_000;
  caState = 0;
  retrans = 0;
  rtoNum = 0;
  recoverAt = 0;

  constructor(index: number, { longFlows, recordsPerLongFlow, recordsPerShortFlow }: SyntheticOptions) {
    this.ends = `10.0.${index >> 8}.${index & 255} ${40_000 + (index % 20_000)} 10.1.0.1 5001`;
    this.segment = index < longFlows && index % 4 === 0 ? mss * 45 : mss;
    this.lifetimeRecords = index < longFlows ? recordsPerLongFlow : recordsPerShortFlow;
  }

  /** The next record's text without its time. */
  next(random: () => number): [type: number, rest: string] {
    const n = this.records++;
    let type = n & 1 ? 0 : 1;
    let length = 0;
    if (n === 0) type = 3;
    else if (n === this.lifetimeRecords - 1) type = 4;
    else if (random() < 0.000_05) type = 2;
    const packets = () => Math.max(0, Math.ceil((this.sndNxt - this.sndUna) / this.segment));
    const before = [this.sndNxt, this.sndUna, packets()] as const;
    if (type === 1 && packets() < this.cwnd) {
      length = this.segment;
      this.sndNxt += this.segment;
    } else if (type === 0 && this.sndNxt > this.sndUna) {
      this.sndUna += this.segment;
      this.cwnd += this.cwnd < this.ssthresh ? 1 : random() < 1 / this.cwnd ? 1 : 0;
      if (this.caState !== 0 && this.sndUna >= this.recoverAt) this.caState = 0;
      if (random() < 0.000_5) {
        this.caState = 3;
        this.recoverAt = this.sndNxt;
        this.retrans++;
        this.ssthresh = Math.max(2, this.cwnd >> 1);
        this.cwnd = this.ssthresh;
      }
      this.srtt8 = Math.max(800, this.srtt8 + Math.round((random() - 0.5) * 800));
    } else if (type === 2) {
      this.caState = 4;
      this.recoverAt = this.sndNxt;
      this.rtoNum++;
      this.retrans++;
      this.ssthresh = Math.max(2, this.cwnd >> 1);
      this.cwnd = 1;
    } else if (type === 4) length = 65_535;
    const lost = this.caState === 3 || this.caState === 4 ? 1 : 0;
    const rate = Math.round((this.cwnd * this.segment * 8e6 * 1.2) / this.srtt8);
    const writeSeq = before[0] + 300_000;
    return [
      type,
      `${this.ends} ${length} ${type === 1 || type === 0 ? "0x10" : "0x0"} ` +
        `${type === 1 ? before[0] % modulo : 0} ${type === 0 ? this.sndUna % modulo : 0} ${this.caState} ` +
        `${before[0] % modulo} ${before[1] % modulo} ${writeSeq % modulo} ${writeSeq - before[1]} ` +
        `${this.cwnd} ${this.ssthresh} 3145728 ${this.srtt8} ${this.srtt8 >> 4} ${this.srtt8 >> 3} ${200 + (this.srtt8 >> 14)} ` +
        `${before[2]} ${lost} 0 ${lost} ${this.retrans} 0 ${this.rtoNum} ${rate}\n`,
    ];
  }
}

/** Yields chunks of about 1 MiB of text, whole lines. */
export function* syntheticText(options: Partial<SyntheticOptions> = {}): Generator<string> {
  const full = { ...defaultSynthetic, ...options };
  const { records, longFlows, shortFlows } = full;
  const random = seededChance(full.seed);
  const connections = Array.from(
    { length: longFlows + shortFlows },
    (_, index) => new SyntheticConnection(index, full),
  );
  let nanoseconds = 0;
  let chunk = "";
  for (let n = 0; n < records; n++) {
    const index = random() < 0.8 ? Math.floor(random() * longFlows) : longFlows + Math.floor(random() * shortFlows);
    let connection = connections[index] as SyntheticConnection;
    if (connection.records === connection.lifetimeRecords) {
      connection = new SyntheticConnection(index, full);
      connections[index] = connection;
    }
    nanoseconds += 500 + Math.floor(random() * 9500);
    const [type, rest] = connection.next(random);
    const seconds = Math.floor(nanoseconds / 1e9);
    chunk += `${type} ${seconds}.${String(nanoseconds - seconds * 1e9).padStart(9, "0")} ${rest}`;
    if (chunk.length > 1 << 20) {
      yield chunk;
      chunk = "";
    }
  }
  if (chunk) yield chunk;
}

/** Writes the text to a file; resolves to its size in bytes. */
export async function writeSyntheticText(path: string, options: Partial<SyntheticOptions> = {}): Promise<number> {
  const out = createWriteStream(path, { highWaterMark: 8 << 20 });
  let bytes = 0;
  for (const chunk of syntheticText(options)) {
    bytes += chunk.length;
    if (!out.write(chunk)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  return bytes;
}
