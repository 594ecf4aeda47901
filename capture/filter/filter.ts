/** Filters: which connections are captured, and which filters a source can apply in the kernel. */
import type { TppFilters } from "@tcpprobe-plus/tpp/write";
import { FilterError } from "../errors.ts";

/** First and last port. */
export type PortRange = readonly [first: number, last: number];

/** Addresses whose first `length` bits are those of `bytes`. */
export interface HostRange {
  /** 4 or 16 bytes in network order. The bits after the first `length` are 0. */
  readonly bytes: Uint8Array;
  readonly length: number;
  /** The range as text, such as `10.0.0.0/8`. */
  readonly text: string;
}

export interface Namespace {
  /** The name or process id as given. */
  readonly name: string;
  /** A file that refers to the namespace, for setns(2). */
  readonly path: string;
  readonly inode: number;
}

export interface Cgroup {
  readonly path: string;
  /** The cgroup's id in the version 2 hierarchy. */
  readonly id: bigint;
}

/** A connection is captured if it passes all parts of the filter. */
export interface Filter {
  /** Ports at either end. Empty for all. */
  readonly ports: readonly PortRange[];
  /** Addresses at either end. Empty for all. */
  readonly hosts: readonly HostRange[];
  readonly netns: Namespace | null;
  readonly cgroup: Cgroup | null;
  readonly pid: number | null;
  /** Capture one connection in this many. */
  readonly sample: number | null;
}

export const everything: Filter = { ports: [], hosts: [], netns: null, cgroup: null, pid: null, sample: null };

export const onePort = (port: number): Filter => ({ ...everything, ports: [[port, port]] });

/** A kind of filter that a source can apply. */
export type Ability = "port" | "ports" | "host" | "netns" | "cgroup" | "pid" | "sample";

const options: Readonly<Record<Ability, string>> = {
  port: "--port",
  ports: "more than one --port",
  host: "--host",
  netns: "--netns",
  cgroup: "--cgroup",
  pid: "--pid",
  sample: "--sample",
};

const wants = (filter: Filter): readonly Ability[] => {
  const { ports, hosts, netns, cgroup, pid, sample } = filter;
  const onlyOne = ports.length === 1 && ports[0]![0] === ports[0]![1];
  return [
    ...(ports.length === 0 ? [] : onlyOne ? (["port"] as const) : (["ports"] as const)),
    ...(hosts.length > 0 ? (["host"] as const) : []),
    ...(netns ? (["netns"] as const) : []),
    ...(cgroup ? (["cgroup"] as const) : []),
    ...(pid === null ? [] : (["pid"] as const)),
    ...(sample === null ? [] : (["sample"] as const)),
  ];
};

/** Throws a FilterError if the source cannot apply a part of the filter. The error names that part. */
export function refuseFilter(filter: Filter, source: string, can: readonly Ability[], reason: string): void {
  const cannot = wants(filter).filter((wanted) => !can.includes(wanted));
  if (cannot.length > 0) throw new FilterError(source, cannot.map((ability) => options[ability]).join(", "), reason);
}

/** The filter for the header. Earlier versions know only `port`. */
export function filterHeader({ ports, hosts, netns, cgroup, pid, sample }: Filter): TppFilters {
  const [first] = ports;
  const isOne = ports.length === 1 && first![0] === first![1];
  return {
    port: isOne ? first![0] : null,
    ...(ports.length > 0 && !isOne ? { ports } : {}),
    ...(hosts.length > 0 ? { hosts: hosts.map(({ text }) => text) } : {}),
    ...(netns ? { netns: { name: netns.name, inode: netns.inode } } : {}),
    ...(cgroup ? { cgroup: { path: cgroup.path, id: String(cgroup.id) } } : {}),
    ...(pid === null ? {} : { pid }),
    ...(sample === null ? {} : { sample }),
  };
}
