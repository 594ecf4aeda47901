/** Parses filters given on the command line. */
import { readFileSync, statSync } from "node:fs";
import { isIPv4, isIPv6 } from "node:net";
import { join, resolve } from "node:path";
import { portOf } from "@tcpprobe-plus/tpp/base";
import { BadFilterError, BadPortError } from "../errors.ts";
import { processNamespace } from "../system/process.ts";
import type { Cgroup, HostRange, Namespace, PortRange } from "./filter.ts";

/** Most ranges that the kernel's side holds. */
export const maxRanges = 16;

/** Adds `5001` or `5000-5010` to those given before. Throws a BadPortError or BadFilterError. */
export function parsePorts(text: string, before: readonly PortRange[] = []): readonly PortRange[] {
  const [first = "", last = first, ...more] = text.split("-");
  const range = [portOf(first) ?? 0, portOf(last) ?? 0] as const;
  if (more.length > 0 || range[0] < 1 || range[0] > range[1]) throw new BadPortError(text);
  if (before.length === maxRanges)
    throw new BadFilterError("--port", text, `more than ${maxRanges} of them`, "Give ranges, such as 5000-5010.");
  return [...before, range];
}

/** Adds `10.0.0.0/8` or `2001:db8::1` to those given before. Throws a BadFilterError. */
export function parseHosts(text: string, before: readonly HostRange[] = []): readonly HostRange[] {
  const bad = (why: string): BadFilterError =>
    new BadFilterError("--host", text, why, "Give an address or a prefix: 192.0.2.7, 2001:db8::/32.");
  if (before.length === maxRanges) throw bad(`more than ${maxRanges} of them`);
  const [address = "", bits, ...more] = text.split("/");
  const bytes = bytesOf(address);
  if (bytes === null || more.length > 0) throw bad("not an IP address");
  const length = bits === undefined ? bytes.length * 8 : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(length <= bytes.length * 8)) throw bad("not a number of bits");
  const kept = bytes.map((byte, index) => byte & maskByte(length, index));
  if (kept.some((byte, index) => byte !== bytes[index])) throw bad(`bits are set after the first ${length}`);
  return [...before, { bytes: kept, length, text: bits === undefined ? address : `${address}/${length}` }];
}

/** One byte of the mask for a prefix of `length` bits. */
export const maskByte = (length: number, index: number): number =>
  (0xff << (8 - Math.max(0, Math.min(8, length - index * 8)))) & 0xff;

/** The bytes of an address. Null if it is not one. A v4-mapped address becomes IPv4, because its packets are IPv4. */
function bytesOf(address: string): Uint8Array | null {
  if (isIPv4(address)) return Uint8Array.from(address.split("."), Number);
  if (!isIPv6(address) || address.includes("%")) return null;
  // The last 32 bits may be written as an IPv4 address.
  const last = address.slice(address.lastIndexOf(":") + 1);
  const v4 = isIPv4(last) ? bytesOf(last)! : null;
  const words = v4
    ? `${address.slice(0, -last.length)}${((v4[0]! << 8) | v4[1]!).toString(16)}:${((v4[2]! << 8) | v4[3]!).toString(16)}`
    : address;
  const [head = "", tail] = words.split("::");
  const listOf = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16));
  const [front, back] = [listOf(head), listOf(tail ?? "")];
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  const bytes = Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? bytes.slice(12) : bytes;
}

/** `1/100`. Throws a BadFilterError. */
export function parseSample(text: string): number {
  const [, number = ""] = /^1\/(\d{1,7})$/.exec(text) ?? [];
  const sample = Number(number);
  if (number === "" || sample < 1 || sample > 1_000_000)
    throw new BadFilterError(
      "--sample",
      text,
      "not a share",
      "Give one connection in how many, from 1/1 to 1/1000000.",
    );
  return sample;
}

/** The folder in which `ip netns add` creates names. */
const namedNamespaces = "/run/netns";

/** Finds a namespace by its name in `ip netns`, or by the id of a process in it. Throws a BadFilterError. */
export function findNamespace(text: string): Namespace {
  const isName = /^[^/]{1,255}$/.test(text) && text !== "." && text !== "..";
  const path = /^\d{1,10}$/.test(text) ? `/proc/${text}/ns/net` : join(namedNamespaces, text);
  try {
    if (!isName) throw new Error("no name");
    return { name: text, path, inode: statSync(path).ino };
  } catch {
    const next = "Give a name that `ip netns list` shows, or the id of a process in it.";
    throw new BadFilterError("--netns", text, "no such network namespace can be reached", next);
  }
}

/** Finds a cgroup by its folder, or by its path below the mount point of version 2. Throws a BadFilterError. */
export function findCgroup(text: string): Cgroup {
  const roots = cgroupRoots();
  for (const path of [resolve(text), ...roots.map((root) => join(root, text))]) {
    try {
      const { ino } = statSync(path, { bigint: true });
      if (roots.some((root) => path === root || path.startsWith(`${root}/`)) && statSync(join(path, "cgroup.procs")))
        return { path, id: ino };
    } catch {
      // Try the next one.
    }
  }
  const where = roots[0] ?? "/sys/fs/cgroup";
  const next = `Give a folder below ${where}; for a process, \`cat /proc/PID/cgroup\` shows its path there after 0::.`;
  throw new BadFilterError("--cgroup", text, "no cgroup of version 2", next);
}

function cgroupRoots(): string[] {
  try {
    const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
    return lines.map((line) => line.split(" ")).flatMap(([, place, kind]) => (kind === "cgroup2" ? [place!] : []));
  } catch {
    return [];
  }
}

/** The pid namespace of the host itself (PROC_PID_INIT_INO in linux/proc_ns.h). */
const hostNamespace = "4026531836";

/** Throws a BadFilterError. */
export function findProcess(text: string): number {
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (processNamespace() !== hostNamespace)
    throw new BadFilterError(
      "--pid",
      text,
      "processes here have other numbers in the kernel",
      "Capture outside the container.",
    );
  try {
    if (pid > 0 && statSync(`/proc/${pid}`)) return pid;
  } catch {
    // The error is thrown below.
  }
  throw new BadFilterError("--pid", text, "no such process", "Give the id of one that runs.");
}
