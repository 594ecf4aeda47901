/** Readers of text: one for each kind of it, made from a capture's header. */
import type { TppHeader } from "@tcpprobe-plus/tpp";
import type { BatchBuilder } from "../builder.ts";
import type { ColumnSpec } from "../columns.ts";

export interface TextReader {
  /** Lines read so far, empty ones too. */
  readonly lines: number;
  /**
   * Rows and bad lines of a stretch of whole lines, one after the other. The builder is flushed by whoever calls this.
   */
  read(text: Uint8Array): void;
}

/** What a reader needs to know, plain enough to go to another thread. */
export interface ReaderSettings {
  readonly header: TppHeader;
  /** Whether the CPU of each record is wanted, to place losses. */
  readonly cpus: boolean;
}

export interface TextKindReader {
  /** Why text with this header cannot be read; null: it can. */
  refusal(settings: ReaderSettings): string | null;
  /** The columns that its records have. */
  columns(settings: ReaderSettings): ColumnSpec[];
  open(settings: ReaderSettings, builder: BatchBuilder): TextReader;
}

const newline = 10;

/** A stretch of text whose last line has a line feed: where it has none, one is put behind. */
export function wholeLines(text: Uint8Array): Uint8Array {
  if (text.length === 0 || text[text.length - 1] === newline) return text;
  const whole = new Uint8Array(text.length + 1);
  whole.set(text);
  whole[text.length] = newline;
  return whole;
}

/** Text of bytes: ASCII and UTF-8; bytes that are neither stand for themselves. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}
