/** Which connections are captured: what was asked for, and what of it a source can do in the kernel. */
import type { TppFilters } from "@tcpprobe-plus/tpp/write";
import { FilterError } from "../errors.ts";

/** First and last of them. */
export type PortRange = readonly [first: number, last: number];

/** Addresses whose first `length` bits are those of `bytes`. */
export interface HostRange {
  /** 4 or 16 bytes in network order; the bits behind `length` are 0. */
  readonly bytes: Uint8Array;
  readonly length: number;
  /** Such as `10.0.0.0/8`. */
  readonly text: string;
}

export interface Namespace {
  /** As it was given: a name, or a process id. */
  readonly name: string;
  /** A file that stands for it, for setns(2). */
  readonly path: string;
  readonly inode: number;
}

export interface Cgroup {
  readonly path: string;
  /** In the version 2 hierarchy. */
  readonly id: bigint;
}

/** A connection has to pass all of it. */
export interface Filter {
  /** At either end; none: all. */
  readonly ports: readonly PortRange[];
  /** At either end; none: all. */
  readonly hosts: readonly HostRange[];
  readonly netns: Namespace | null;
  readonly cgroup: Cgroup | null;
  readonly pid: number | null;
  /** One connection in so many. */
  readonly sample: number | null;
}

export const everything: Filter = { ports: [], hosts: [], netns: null, cgroup: null, pid: null, sample: null };

export const onePort = (port: number): Filter => ({ ...everything, ports: [[port, port]] });

/** What a source can filter. */
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

/** Throws a FilterError that names what of it the source cannot do. */
export function refuseFilter(filter: Filter, source: string, can: readonly Ability[], reason: string): void {
  const cannot = wants(filter).filter((wanted) => !can.includes(wanted));
  if (cannot.length > 0) throw new FilterError(source, cannot.map((ability) => options[ability]).join(", "), reason);
}

/** Of the header; `port` alone is what earlier versions know. */
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
