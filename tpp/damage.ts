/** What a walk or a check found wrong with a file. */

export type DamageKind =
  /** The header frame does not hold. */
  | "header"
  /** The file ends before its trailer and seek table: it was cut, or is still being written. */
  | "cut"
  /** Bytes that are no frame of the format. */
  | "unreadable"
  /** A data frame that is not what its checkpoint says. */
  | "data"
  /** A data frame without its checkpoint. */
  | "checkpoint"
  /** A frame that is known to have been written and is not there. */
  | "missing"
  /** A frame that was there before. */
  | "repeated"
  /** A frame that stands before an earlier one. */
  | "order"
  /** A frame of another capture. */
  | "foreign"
  /** Trailer, or what follows it, does not hold. */
  | "trailer"
  | "seek table";

export interface TppDamage {
  readonly kind: DamageKind;
  /** Byte offset in the file. */
  readonly offset: number;
  /** Number of the data frame concerned, where it is known. */
  readonly frame: number | null;
  /** Lines that are missing because of it; null where nobody can know, or none. */
  readonly missingLines: number | null;
  /** One line: what is wrong and where. */
  readonly text: string;
}
