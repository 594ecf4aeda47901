/** What every source is to a recording. */
import {
  countUnits,
  type LossTotals,
  type ModuleCounts,
  type SourceName,
  type TextKind,
  type TppHeader,
} from "@tcpprobe-plus/tpp/write";
import type { Filter } from "../filter/filter.ts";

/** The source's own counters, as text. */
export interface SourceStatistics {
  readonly start: string | null;
  readonly end: string | null;
}

/** What has become known since it was last asked. */
export interface SourceNews {
  /** Records lost since then, by cause. */
  readonly lost: LossTotals;
  readonly module?: ModuleCounts;
  /** All settings of the module, when one of them has changed since then. */
  readonly moduleSysctl?: Readonly<Record<string, string>>;
}

export interface SourceEnd {
  /** Losses that `news` has not told yet. */
  readonly lost: LossTotals;
  readonly statistics?: SourceStatistics;
  readonly moduleSysctl?: Readonly<Record<string, string>>;
}

/**
 * Where records come from. The order of calls: start, read…, halt, read… until 0, finish; dispose at the end in any
 * case. Each chunk of text is shown to `saw` once, in order; `news` is asked whenever a frame is closed.
 */
export interface Source {
  readonly name: SourceName;
  readonly text: TextKind;
  /** Field names of `probe` text. */
  readonly columns: readonly string[] | null;
  /** The kernel's `print fmt` by event, for `trace_pipe` text. */
  readonly events?: Readonly<Record<string, string>>;
  /** Where in a record which value is, for binary records. */
  readonly records?: NonNullable<TppHeader["records"]>;
  readonly bpf?: NonNullable<TppHeader["bpf"]>;
  /** The module's version and fields, where it is the source. */
  readonly module?: NonNullable<TppHeader["module"]>;
  /** What it is really narrowed to. */
  readonly filter: Filter;
  /** The file that is read, for messages. */
  readonly path: string;
  /** What whoever reads the numbers must know. */
  readonly notes: readonly string[];
  /** CLOCK_MONOTONIC, ns, when the records' own clock read 0. Valid once it has started. */
  readonly zeroMonotonicNs: string;
  /** Records are taken from this moment on. */
  start(): void;
  /**
   * Reads what is there, never waiting: bytes put into `into`, 0 for nothing now, "ended" when nothing will come any
   * more.
   */
  read(into: Buffer): number | "ended";
  /** Looks at text that was read. */
  saw(text: Buffer): void;
  news(): SourceNews;
  /** How many records are in some whole lines, where not every line is one. Needs no `this`. */
  readonly recordsIn?: (lines: Buffer) => number;
  /** The first place in this text at which the next file of a rotated set may begin; -1 for nowhere. */
  cutAt(text: Buffer): number;
  /** Whether `halt` ends what comes; else reading goes on until it has caught up, which may take long. */
  readonly halts: boolean;
  /** No new records; what is waiting can still be read. */
  halt(): void;
  /** Records still waiting, when a drain was given up. */
  waiting(): number;
  /** Takes the last numbers. `records`: how many were read. */
  finish(records: number): SourceEnd;
  /** What to raise, or else do, against these losses; a sentence each. */
  advice(lost: LossTotals): readonly string[];
  /** Leaves nothing behind on the host. May be called at any time, more than once. */
  dispose(): Promise<void>;
}

/** Whether each record has the kernel's count of retransmitted segments; else `ss` is asked once at either end. */
export const hasOwnCounts = ({ name }: Source): boolean => name === "kmod" || name === "bpf";

/** How many records are in some whole lines of that source. */
export const recordsIn = ({ recordsIn, records }: Source): ((lines: Buffer) => number) =>
  recordsIn ?? ((lines) => countUnits(lines, records?.bytes ?? null));

/** Behind the first line that ends. */
export function afterFirstLine(text: Buffer): number {
  return text.indexOf(10) + 1 || -1;
}

export const sumOfLosses = (losses: readonly LossTotals[]): Record<string, number> => {
  const sum: Record<string, number> = {};
  for (const lost of losses) for (const [cause, count] of Object.entries(lost)) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
};

/** How a source stands on this host, in words; `note`: it works, but know this. `next`: what can be done. */
export type Usability = readonly [state: "ok" | "note" | "problem", text: string, next?: string | null];
