/** What is known of an opened capture, and of what it lost. */
import type { SocketNotes, TppHeader, TppWalk } from "@tcpprobe-plus/tpp";

/** What is known of one opened capture beside its records. */
export interface Capture {
  /** The file, or the pattern that the names of a rotated set have in common. */
  readonly path: string;
  /** Of several captures in one Parquet file: what this one was converted from. */
  readonly origin?: string;
  /** Of a rotated set: the header of its first file. */
  readonly header: TppHeader;
  /** The .tpp files it was read from, in the order of their records; none for a converted capture. */
  readonly files: readonly CaptureFile[];
  readonly records: number;
  /** Lines that are no records, by reason, commonest first. */
  readonly rejected: readonly RejectedLine[];
  /** One line each: what of the files could not be read. */
  readonly damage: readonly string[];
  /** One line each: what of a rotated set is not there. */
  readonly incomplete: readonly string[];
  /** What the kernel said of each connection just after the last record; the header has it of before the first. */
  readonly socketsAtEnd: SocketNotes | null;
}

export const socketsAtEndOf = (files: readonly CaptureFile[]): SocketNotes | null =>
  files.at(-1)?.walk.trailer?.sockets ?? null;

/** Lines that are no records, of one reason. */
export interface RejectedLine {
  /** The first of them, shortened. */
  readonly line: string;
  readonly why: string;
  readonly count: number;
}

export interface CaptureFile {
  readonly path: string;
  readonly header: TppHeader;
  readonly walk: TppWalk;
}

/**
 * Records that are missing at one place of a capture: a row of the tables `losses` or `not_followed` (docs/opening.md).
 */
export interface Loss {
  readonly capture: number;
  /** The loss follows this record in the text. NULL if only its time, or only the number lost, is known. */
  readonly after_ord: number | null;
  /** How many records (for ss, polls). NULL if that is not known. */
  readonly lost: number | null;
  readonly cause: LossCause;
  /** The bounds of its time, seconds since the capture began. NULL: no bound on that side. */
  readonly from_s: number | null;
  readonly to_s: number | null;
  readonly known_by: LossEvidence;
}

/**
 * Causes for which the module did not follow some connections, or not from their beginning. The connections in the
 * trace have lost nothing.
 */
export const causesOfNotFollowing: readonly string[] = ["flow limit", "flow memory"];

/**
 * `ring`: the ring was full; `frame`: a damaged part of the file; `file`: a file of the set; `poll`: ss failed; or as
 * the capture's trailer names it.
 */
export type LossCause = "ring" | "frame" | "file" | "poll" | (string & {});

/** How a loss and its place are known. */
export const lossEvidence = ["lost line", "record numbers", "drop counter", "damage", "set", "poll", "total"] as const;
export type LossEvidence = (typeof lossEvidence)[number];
