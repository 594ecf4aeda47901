/** Kinds of damage that a walk or a check finds in a file. */

export type DamageKind =
  /** The header frame is damaged. */
  | "header"
  /** The file ends before its trailer and seek table: it was cut, or is still being written. */
  | "cut"
  /** Bytes that are not a frame of the format. */
  | "unreadable"
  /** A data frame that does not match its checkpoint. */
  | "data"
  /** A data frame without its checkpoint. */
  | "checkpoint"
  /** A frame that is known to have been written, but is missing. */
  | "missing"
  /** A frame that occurs a second time. */
  | "repeated"
  /** A frame in the wrong order. */
  | "order"
  /** A frame from another capture. */
  | "foreign"
  /** Values that contradict the file's size or another frame. */
  | "unbelievable"
  /** The trailer, or what follows it, is damaged. */
  | "trailer"
  | "seek table"
  /** The number of damages that are not listed. */
  | "more";

export interface TppDamage {
  readonly kind: DamageKind;
  /** Byte offset in the file. */
  readonly offset: number;
  /** Number of the data frame concerned, where it is known. */
  readonly frame: number | null;
  /** Number of lines that are missing because of it. Null if this is not known, or none are. */
  readonly missingLines: number | null;
  /** One line: what is wrong and where. */
  readonly text: string;
}

/** Most damages listed one by one. Further ones are only counted. */
const mostListed = 100;

/** Collects damages. The list is bounded, because a file may have a damage every few bytes. */
export class DamageList {
  readonly #listed: TppDamage[] = [];
  #furtherMissing: number | null = null;
  #firstFurther = Number.POSITIVE_INFINITY;
  /** Number of damages. */
  count = 0;

  add(damage: TppDamage): void {
    this.count += 1;
    if (this.#listed.length < mostListed) {
      this.#listed.push(damage);
      return;
    }
    this.#firstFurther = Math.min(this.#firstFurther, damage.offset);
    if (damage.missingLines !== null) this.#furtherMissing = (this.#furtherMissing ?? 0) + damage.missingLines;
  }

  has(kind: DamageKind): boolean {
    return this.#listed.some((damage) => damage.kind === kind);
  }

  /** The damages by offset. If there are too many to list, the last entry gives the number of others. */
  list(): TppDamage[] {
    const listed = [...this.#listed].sort((a, b) => a.offset - b.offset);
    const further = this.count - listed.length;
    if (further === 0) return listed;
    const text = `and ${further} more damages from byte ${this.#firstFurther} on`;
    const more = { kind: "more", offset: this.#firstFurther, frame: null, missingLines: this.#furtherMissing, text };
    return [...listed, more as TppDamage];
  }
}
