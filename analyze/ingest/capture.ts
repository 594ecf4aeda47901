import type { TppHeader, TppWalk } from "@tcpprobe-plus/tpp";
import type { RejectedLine } from "./stage.ts";

/** What is known of one opened capture beside its records. */
export interface Capture {
  readonly path: string;
  readonly header: TppHeader;
  /** Null for a converted capture. */
  readonly walk: TppWalk | null;
  readonly records: number;
  /** Lines that are no records, by distinct text, commonest first. */
  readonly rejected: readonly RejectedLine[];
  /** One line each: what of the file could not be read. */
  readonly damage: readonly string[];
}

/** Records that were lost at one place of a capture. */
export interface Loss {
  readonly capture: number;
  /** The loss lies behind this record; NULL where only its number is known. */
  readonly after_ord: number | null;
  readonly lost: number;
  /** `ring`: the ring was full; `frame`: a damaged part of the file; or as the capture's trailer names it. */
  readonly cause: string;
}
