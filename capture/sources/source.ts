/** The interface of sources. */
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

/** What has become known since the last call. */
export interface SourceNews {
  /** Records lost since then, by cause. */
  readonly lost: LossTotals;
  readonly module?: ModuleCounts;
  /** All settings of the module, if one of them has changed since then. */
  readonly moduleSysctl?: Readonly<Record<string, string>>;
}

export interface SourceEnd {
  /** Losses that `news` has not reported yet. */
  readonly lost: LossTotals;
  readonly statistics?: SourceStatistics;
  readonly moduleSysctl?: Readonly<Record<string, string>>;
}

/**
 * A source of records. The order of calls is: start, read…, halt, read… until 0, finish. `dispose` is called at the end
 * in any case. Each chunk of text is passed to `saw` once, in order. `news` is called whenever a frame is closed.
 */
export interface Source {
  readonly name: SourceName;
  readonly text: TextKind;
  /** Field names of `probe` text. */
  readonly columns: readonly string[] | null;
  /** The kernel's `print fmt` by event, for `trace_pipe` text. */
  readonly events?: Readonly<Record<string, string>>;
  /** The layout of records, for binary records. */
  readonly records?: NonNullable<TppHeader["records"]>;
  readonly bpf?: NonNullable<TppHeader["bpf"]>;
  /** The module's version and fields, where it is the source. */
  readonly module?: NonNullable<TppHeader["module"]>;
  /** The filter that is actually applied. */
  readonly filter: Filter;
  /** The file that is read, for messages. */
  readonly path: string;
  /** What a reader of the numbers must know. */
  readonly notes: readonly string[];
  /** CLOCK_MONOTONIC, ns, when the records' own clock read 0. Valid once the source has started. */
  readonly zeroMonotonicNs: string;
  /** Starts recording. */
  start(): void;
  /**
   * Reads without waiting. Returns the number of bytes put into `into`, 0 if there are none now, or "ended" if there
   * will be no more.
   */
  read(into: Buffer): number | "ended";
  /** Examines text that was read. */
  saw(text: Buffer): void;
  news(): SourceNews;
  /** Counts the records in some whole lines, for text in which not every line is a record. Does not use `this`. */
  readonly recordsIn?: (lines: Buffer) => number;
  /** The first offset in this text at which the next file of a rotated set may begin, or -1. */
  cutAt(text: Buffer): number;
  /** Whether `halt` stops new records. If not, reading continues until it has caught up, which may take long. */
  readonly halts: boolean;
  /** Stops new records. Waiting ones can still be read. */
  halt(): void;
  /** Number of records still waiting if draining was given up. */
  waiting(): number;
  /** Reads the final counters. `records`: number of records read. */
  finish(records: number): SourceEnd;
  /** What to do against these losses, such as settings to raise. A sentence each. */
  advice(lost: LossTotals): readonly string[];
  /** Removes everything that the source set up on the host. May be called at any time, more than once. */
  dispose(): Promise<void>;
}

/**
 * Whether each record has the kernel's count of retransmitted segments. If not, `ss` is run at the start and the end.
 */
export const hasOwnCounts = ({ name }: Source): boolean => name === "kmod" || name === "bpf";

/** Returns a function that counts the records in whole lines of this source. */
export const recordsIn = ({ recordsIn, records }: Source): ((lines: Buffer) => number) =>
  recordsIn ?? ((lines) => countUnits(lines, records?.bytes ?? null));

/** The offset after the first complete line, or -1. */
export function afterFirstLine(text: Buffer): number {
  return text.indexOf(10) + 1 || -1;
}

export const sumOfLosses = (losses: readonly LossTotals[]): Record<string, number> => {
  const sum: Record<string, number> = {};
  for (const lost of losses) for (const [cause, count] of Object.entries(lost)) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
};

/** The state of a source on this host, in words. `note`: it works, with a remark. `next`: what can be done. */
export type Usability = readonly [state: "ok" | "note" | "problem", text: string, next?: string | null];
