import type { SourceName, TextKind } from "@tcpprobe-plus/tpp";

/** The source's own counters, as text. */
export interface SourceStatistics {
  readonly start: string | null;
  readonly end: string | null;
}

/** Where records come from. The order of calls: start, read…, halt, read… until 0, finish; dispose at the end in any case. */
export interface Source {
  readonly name: SourceName;
  readonly text: TextKind;
  /** Field names of `probe` text. */
  readonly columns: readonly string[] | null;
  /** The kernel's `print fmt` by event, for `trace_pipe` text. */
  readonly events?: Readonly<Record<string, string>>;
  /** The file that is read, for messages. */
  readonly path: string;
  /** What whoever reads the numbers must know. */
  readonly notes: readonly string[];
  /** CLOCK_MONOTONIC, ns, when the records' own clock read 0. */
  readonly zeroMonotonicNs: string;
  /** What to do when records were lost. */
  readonly lossAdvice: string;
  /** Records are taken from this moment on. */
  start(): void;
  /** Reads what is there, never waiting: bytes put into `into`, 0 for nothing now, "ended" when nothing will come any more. */
  read(into: Buffer): number | "ended";
  /** Records that a piece of the text says were lost. Pieces come in order. */
  lostIn(text: Buffer): number;
  /** Lines of the text so far that only tell of a loss and are no records. */
  readonly lossLines: number;
  /** No new records; what is waiting can still be read. */
  halt(): void;
  /** Records still waiting, when a drain was given up. */
  waiting(): number;
  /** Takes the last numbers. `lost` is what the source knows to be lost beyond what its text said. */
  finish(): { readonly lost: number; readonly statistics: SourceStatistics };
  /** Leaves nothing behind on the host. May be called at any time, more than once. */
  dispose(): Promise<void>;
}
