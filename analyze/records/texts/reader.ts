/** The interface of readers. There is one for each kind of text, opened with a capture's header. */
import type { TppHeader } from "@tcpprobe-plus/tpp";
import type { BatchBuilder } from "../builder.ts";
import type { ColumnSpec } from "../columns.ts";

export interface TextReader {
  /** Number of lines read so far, including empty ones. */
  readonly lines: number;
  /** Reads a stretch of whole lines and adds its rows and bad lines to the builder. The caller flushes the builder. */
  read(text: Uint8Array): void;
}

/** What a reader needs to know. Plain data, so that it can be sent to another thread. */
export interface ReaderSettings {
  readonly header: TppHeader;
  /** Whether the CPU of each record is needed to place losses. */
  readonly cpus: boolean;
}

export interface TextKindReader {
  /** Why text with this header cannot be read; null where it can. */
  refusal(settings: ReaderSettings): string | null;
  /** The columns that its records have. */
  columns(settings: ReaderSettings): ColumnSpec[];
  open(settings: ReaderSettings, builder: BatchBuilder): TextReader;
}

const newline = 10;

/** The text, with a line feed added at its end if that is missing. */
export function wholeLines(text: Uint8Array): Uint8Array {
  if (text.length === 0 || text[text.length - 1] === newline) return text;
  const whole = new Uint8Array(text.length + 1);
  whole.set(text);
  whole[text.length] = newline;
  return whole;
}

/** Decodes UTF-8. Invalid bytes become U+FFFD. */
export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("utf8");
}
