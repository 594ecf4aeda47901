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
  /** Values that the file, or another frame of it, contradicts. */
  | "unbelievable"
  /** Trailer, or what follows it, does not hold. */
  | "trailer"
  | "seek table"
  /** How many further ones there are, behind the last that is listed. */
  | "more";

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

/** Listed one by one; what is more is counted. */
const mostListed = 100;

/** Collects damages. The list stays short however many there are: a file may have one every few bytes. */
export class DamageList {
  readonly #listed: TppDamage[] = [];
  #furtherMissing: number | null = null;
  #firstFurther = Number.POSITIVE_INFINITY;
  /** How many there are. */
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

  /** By offset; where they are too many to list, the last entry says how many more there are. */
  list(): TppDamage[] {
    const listed = [...this.#listed].sort((a, b) => a.offset - b.offset);
    const further = this.count - listed.length;
    if (further === 0) return listed;
    const text = `and ${further} more damages from byte ${this.#firstFurther} on`;
    const more = { kind: "more", offset: this.#firstFurther, frame: null, missingLines: this.#furtherMissing, text };
    return [...listed, more as TppDamage];
  }
}
