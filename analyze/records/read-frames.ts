/** Reads a frame into batches. Each reading thread does this; for a small capture the main thread does. */
import type { TextKind, TppHeader } from "@tcpprobe-plus/tpp";
import { capabilitiesOf } from "../captures/capabilities.ts";
import { isKernelProbe } from "../captures/kinds.ts";
import { type BatchData, Layout } from "./batch.ts";
import { binaryRecords } from "./binary.ts";
import { BatchBuilder } from "./builder.ts";
import { changeSpecs } from "./changes.ts";
import { type ColumnSpec, traceSpec } from "./columns.ts";
import { EndsTable } from "./ends.ts";
import { expirySpecs } from "./expiries.ts";
import { followSpecs } from "./follow.ts";
import { FrameFiles, type FrameJob } from "./frames.ts";
import { knownWindowSpecs } from "./known-window.ts";
import { recoverySpecs } from "./recoveries.ts";
import { roundSpecs } from "./rounds.ts";
import { fieldsText } from "./texts/fields.ts";
import { kernelProbeText } from "./texts/kernel-probe.ts";
import { isOlder, olderFieldsText } from "./texts/older-fields.ts";
import { pollsText } from "./texts/polls.ts";
import type { ReaderSettings, TextKindReader, TextReader } from "./texts/reader.ts";
import { tracepointsText } from "./texts/tracepoints.ts";

const readers: Readonly<Record<TextKind, TextKindReader>> = {
  probe: fieldsText,
  trace_pipe: tracepointsText,
  ss: pollsText,
  records: binaryRecords,
};

export function readerOf({ header }: ReaderSettings): TextKindReader {
  if (isOlder(header.columns)) return olderFieldsText;
  return isKernelProbe(header.columns) ? kernelProbeText : readers[header.text];
}

/** Columns that the pass adds for a capture with this header. */
export function carriedSpecs(header: TppHeader): ColumnSpec[] {
  const { sees_sends, sees_timers, sees_ca_state, polled } = capabilitiesOf(header);
  return [
    ...followSpecs,
    ...recoverySpecs,
    ...(sees_timers || sees_ca_state ? expirySpecs : []),
    ...(sees_sends || polled ? [] : knownWindowSpecs),
    ...(polled ? [] : roundSpecs),
    ...(sees_ca_state ? changeSpecs : []),
  ];
}

/** The layout of a capture's batches. `rows`: rows in a batch. */
export const layoutOf = (settings: ReaderSettings, rows?: number): Layout =>
  new Layout([...readerOf(settings).columns(settings), traceSpec("flow"), ...carriedSpecs(settings.header)], rows);

export interface FrameResult {
  readonly batches: readonly BatchData[];
  readonly lines: number;
  /** Why the frame could not be used; null where it could. */
  readonly damage: string | null;
}

/** Reads frames. Between frames it remembers only how ends of connections are numbered. */
export class FrameReader {
  readonly #files = new FrameFiles();
  readonly #builder: BatchBuilder;
  readonly #reader: TextReader;
  #batches: BatchData[] = [];

  constructor(settings: ReaderSettings, layout: Layout, memory: () => SharedArrayBuffer) {
    const emit = (data: BatchData) => this.#batches.push(data);
    this.#builder = new BatchBuilder(layout, new EndsTable(), { memory, emit });
    this.#reader = readerOf(settings).open(settings, this.#builder);
  }

  read(job: FrameJob): FrameResult {
    this.#batches = [];
    let text: Uint8Array;
    try {
      text = this.#files.read(job);
    } catch (error) {
      return { batches: [], lines: 0, damage: (error as Error).message };
    }
    const before = this.#reader.lines;
    this.#reader.read(text);
    if (!this.#builder.isEmpty) this.#builder.flush();
    const lines = this.#reader.lines - before;
    const { frame } = job;
    const damage =
      frame.lines === null || frame.lines === lines
        ? null
        : `frame ${frame.number} at byte ${frame.offset} is damaged: it holds ${lines} lines, not ${frame.lines}`;
    return { batches: this.#batches, lines, damage };
  }

  close(): void {
    this.#files.close();
  }
}
