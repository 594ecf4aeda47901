/** `struct settings` of tcpprobe.bpf.c, which the programs are loaded with. */
import type { Filter, HostRange } from "../filter/filter.ts";
import { maskByte } from "../filter/parse.ts";

const portsAt = 48;
const v4At = 112;
const v6At = 240;
const settingsBytes = 752;

export function settingsOf({ extended, filter }: { readonly extended: boolean; readonly filter: Filter }): Buffer {
  const { ports, hosts, netns, cgroup, pid, sample } = filter;
  const [v4, v6] = [4, 16].map((length) => hosts.filter(({ bytes }) => bytes.length === length)) as [
    HostRange[],
    HostRange[],
  ];
  const settings = Buffer.alloc(settingsBytes);
  const words = [extended ? 1 : 0, netns?.inode ?? 0, ports.length, v4.length, v6.length, sample ?? 0, pid ?? 0];
  for (const [index, word] of words.entries()) settings.writeUInt32LE(word, 4 * index);
  const [range] = ports;
  if (range && ports.length === 1 && range[0] === range[1]) {
    settings.writeUInt16LE(range[0], 28);
    settings.writeUInt16BE(range[0], 30);
  }
  settings.writeUInt32LE(netns || cgroup || hosts.length > 0 || pid !== null || sample !== null ? 1 : 0, 32);
  settings.writeBigUInt64LE(cgroup?.id ?? 0n, 40);
  for (const [index, [first, last]] of ports.entries()) {
    settings.writeUInt16LE(first, portsAt + 4 * index);
    settings.writeUInt16LE(last, portsAt + 4 * index + 2);
  }
  for (const [index, host] of v4.entries()) writeHost(settings, v4At + 8 * index, host);
  for (const [index, host] of v6.entries()) writeHost(settings, v6At + 32 * index, host);
  return settings;
}

/** The address, then its mask. */
function writeHost(settings: Buffer, at: number, { bytes, length }: HostRange): void {
  settings.set(bytes, at);
  settings.set(
    bytes.map((_, index) => maskByte(length, index)),
    at + bytes.length,
  );
}
