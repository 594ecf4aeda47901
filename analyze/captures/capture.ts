/** Types that describe an opened capture and its losses. */
import type { SocketNotes, TppHeader, TppWalk } from "@tcpprobe-plus/tpp";

/** What is known about one opened capture, apart from its records. */
export interface Capture {
  /** The file, or a pattern that the file names of a rotated set have in common. */
  readonly path: string;
  /** Where one Parquet file holds several captures: the file that this one was converted from. */
  readonly origin?: string;
  /** The header; for a rotated set, that of its first file. */
  readonly header: TppHeader;
  /** The .tpp files it was read from, in the order of their records; none for a converted capture. */
  readonly files: readonly CaptureFile[];
  readonly records: number;
  /** Lines that are not records, by reason, most frequent first. */
  readonly rejected: readonly RejectedLine[];
  /** Parts of the files that could not be read, a line each. */
  readonly damage: readonly string[];
  /** Missing files of a rotated set, a line each. */
  readonly incomplete: readonly string[];
  /**
   * What the kernel reported about each connection just after the last record. The header has the same from before the
   * first.
   */
  readonly socketsAtEnd: SocketNotes | null;
}

export const socketsAtEndOf = (files: readonly CaptureFile[]): SocketNotes | null =>
  files.at(-1)?.walk.trailer?.sockets ?? null;

/** Lines that are not records for one reason. */
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
 * trace are complete.
 */
export const causesOfNotFollowing: readonly string[] = ["flow limit", "flow memory"];

/**
 * `ring`: the ring was full. `frame`: a part of the file is damaged. `file`: a file of the set is missing. `poll`: ss
 * failed. Otherwise the cause as the capture's trailer names it.
 */
export type LossCause = "ring" | "frame" | "file" | "poll" | (string & {});

/** How a loss and its place are known. */
export const lossEvidence = ["lost line", "record numbers", "drop counter", "damage", "set", "poll", "total"] as const;
export type LossEvidence = (typeof lossEvidence)[number];
