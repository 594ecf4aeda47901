// Reads the TCP segments of a pcap file (Ethernet; what `tcpdump -w` makes).
import { readFileSync } from "node:fs";

export type Segment = {
  /** seconds since the epoch, as tcpdump stamps it */
  time: number;
  src: string;
  sport: number;
  dst: string;
  dport: number;
  seq: number;
  ack: number;
  flags: number;
  length: number;
  window: number;
};

const dotted = (b: Buffer) => [...b].join(".");

/** Canonical text of an IPv6 address (RFC 5952). */
export function canonical6(b: Buffer): string {
  const words = Array.from({ length: 8 }, (_, i) => b.readUInt16BE(i * 2).toString(16));
  let best = { at: -1, n: 1 };
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === "0") n++;
    if (n > best.n) best = { at: i, n };
  }
  if (best.at < 0) return words.join(":");
  return `${words.slice(0, best.at).join(":")}::${words.slice(best.at + best.n).join(":")}`;
}

export function segments(file: string): Segment[] {
  const data = readFileSync(file);
  if (data.readUInt32LE(0) !== 0xa1b2c3d4 || data.readUInt32LE(20) !== 1)
    throw new Error(`${file}: not an Ethernet pcap`);
  const found: Segment[] = [];
  for (let at = 24; at + 16 <= data.length; ) {
    const time = data.readUInt32LE(at) + data.readUInt32LE(at + 4) / 1e6;
    const kept = data.readUInt32LE(at + 8);
    const frame = data.subarray(at + 16, at + 16 + kept);
    at += 16 + kept;
    const type = frame.readUInt16BE(12);
    const ip = frame.subarray(14);
    const v6 = type === 0x86dd;
    if (!v6 && type !== 0x0800) continue;
    if ((v6 ? ip[6] : ip[9]) !== 6) continue;
    const header = v6 ? 40 : ((ip[0] as number) & 15) * 4;
    const total = v6 ? 40 + ip.readUInt16BE(4) : ip.readUInt16BE(2);
    const tcp = ip.subarray(header);
    const address = (from: number) =>
      v6 ? canonical6(ip.subarray(from, from + 16)) : dotted(ip.subarray(from, from + 4));
    found.push({
      time,
      src: address(v6 ? 8 : 12),
      dst: address(v6 ? 24 : 16),
      sport: tcp.readUInt16BE(0),
      dport: tcp.readUInt16BE(2),
      seq: tcp.readUInt32BE(4),
      ack: tcp.readUInt32BE(8),
      flags: tcp[13] as number,
      length: total - header - ((tcp[12] as number) >> 4) * 4,
      window: tcp.readUInt16BE(14),
    });
  }
  return found;
}
