/** The module's state: all counters of its statistics file, its settings, its readers. */
import { existsSync } from "node:fs";
import { findReaders, type Reader } from "./build/readers.ts";
import { OtherNamespaceError } from "./errors.ts";
import { moduleFolder } from "./paths.ts";
import { type ModuleSettings, readSettings } from "./settings.ts";
import { moduleStatistics, parseStatistics } from "./statistics.ts";

export interface ModuleStatus {
  readonly version: string | null;
  /** CLOCK_MONOTONIC, ns, when this was read. */
  readonly monotonic_ns: string;
  readonly settings: ModuleSettings;
  readonly readers: readonly Reader[];
  /** The open log, or the last one. */
  readonly log: {
    readonly open: boolean;
    /** Seconds since it was opened. Null if none is open. */
    readonly open_s: number | null;
    readonly written: number;
    readonly read: number;
    readonly lost: number;
  };
  /** Counts since the module was loaded. */
  readonly records: { readonly written: number; readonly read: number; readonly lost: number };
  /** Records in the rings that nobody has read yet. */
  readonly waiting: number;
  /** `refused_…`: packets of connections that are not followed, since the module was loaded. */
  readonly flows: {
    readonly active: number;
    readonly refused_limit: number;
    readonly refused_memory: number;
  };
  readonly ring: { readonly records_per_cpu: number; readonly cpus: number; readonly kib: number };
  readonly missed: number;
  readonly hooks: readonly string[];
  readonly fields: readonly string[];
}

/** Null if the module is not loaded. Throws an OtherNamespaceError if it is not visible in this network namespace. */
export function moduleStatus(): ModuleStatus | null {
  const statistics = moduleStatistics();
  if (statistics === null && existsSync(moduleFolder)) throw new OtherNamespaceError();
  if (statistics === null) return null;
  const readers = statistics.open ? findReaders() : [];
  return statusOf(statistics.text, readSettings() ?? {}, readers, process.hrtime.bigint());
}

/** Makes the status from the text of the statistics file. */
export function statusOf(
  text: string,
  settings: ModuleSettings,
  readers: readonly Reader[],
  nowNs: bigint,
): ModuleStatus {
  const { version, fields, open, zeroMonotonicNs, written, read, lost } = parseStatistics(text);
  const line = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? "";
  const count = (name: string, key: string): number =>
    Number(new RegExp(`(?:^| )${key} (\\d+)`).exec(line(name))?.[1] ?? 0);
  return {
    version,
    monotonic_ns: String(nowNs),
    settings,
    readers,
    log: {
      open,
      open_s: open ? Number((nowNs - BigInt(zeroMonotonicNs)) / 1_000_000n) / 1000 : null,
      written,
      read,
      lost: lost.ring ?? 0,
    },
    records: { written: count("Records", "written"), read: count("Records", "read"), lost: count("Lost", "ring_full") },
    waiting: count("Records", "pending"),
    flows: {
      active: count("Flows", "active"),
      refused_limit: lost["flow limit"] ?? 0,
      refused_memory: lost["flow memory"] ?? 0,
    },
    ring: {
      records_per_cpu: count("Ring", "records_per_cpu"),
      cpus: count("Ring", "cpus"),
      kib: count("Ring", "mem"),
    },
    missed: lost.hooks ?? 0,
    hooks: line("Hooks").split(" ").filter(Boolean),
    fields,
  };
}

export interface Rates {
  readonly written_per_s: number;
  readonly read_per_s: number;
  readonly lost_per_s: number;
}

export function ratesBetween(before: ModuleStatus, now: ModuleStatus): Rates {
  const seconds = Number(BigInt(now.monotonic_ns) - BigInt(before.monotonic_ns)) / 1e9;
  const rate = (key: keyof ModuleStatus["records"]): number =>
    seconds > 0 ? Math.max(0, Math.round((now.records[key] - before.records[key]) / seconds)) : 0;
  return { written_per_s: rate("written"), read_per_s: rate("read"), lost_per_s: rate("lost") };
}
