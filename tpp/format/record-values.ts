/** Reads the values of binary records according to their layout. */
import { type FieldType, fieldBytes, layoutProblem, type RecordField, type RecordLayout } from "./record-layout.ts";

/** Returns a field's value in the record that begins at byte `at` of the view. */
export type NumberAt = (view: DataView, at: number) => number;
export type BigIntAt = (view: DataView, at: number) => bigint;
export type TextAt = (view: DataView, at: number) => string;

export class RecordValues {
  readonly layout: RecordLayout;
  readonly #fields: ReadonlyMap<string, RecordField>;

  /** Throws a RangeError for an invalid layout, so that nothing is ever read outside a record. */
  constructor(layout: RecordLayout) {
    const problem = layoutProblem(layout);
    if (problem !== null) throw new RangeError(problem);
    this.layout = layout;
    this.#fields = new Map(layout.fields.map((field) => [field.name, field]));
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** A reader for a whole number of up to 32 bits. Null if records have no such field. */
  number(name: string): NumberAt | null {
    const offset = this.#offset(name, "u8", "u16", "u16be", "u32");
    if (offset === null) return null;
    switch (this.#fields.get(name)!.type) {
      case "u8":
        return (view, at) => view.getUint8(at + offset);
      case "u16":
        return (view, at) => view.getUint16(at + offset, true);
      case "u16be":
        return (view, at) => view.getUint16(at + offset);
      default:
        return (view, at) => view.getUint32(at + offset, true);
    }
  }

  /** A reader for a whole number of 64 bits. */
  bigint(name: string): BigIntAt | null {
    const offset = this.#offset(name, "u64");
    return offset === null ? null : (view, at) => view.getBigUint64(at + offset, true);
  }

  /** A reader for text that ends at a zero byte, decoded as Latin-1. It is foreign text of at most 16 characters. */
  text(name: string): TextAt | null {
    const offset = this.#offset(name, "chars16");
    if (offset === null) return null;
    return (view, at) => {
      let text = "";
      for (let index = 0; index < fieldBytes.chars16; index += 1) {
        const code = view.getUint8(at + offset + index);
        if (code === 0) break;
        text += String.fromCharCode(code);
      }
      return text;
    };
  }

  /** A reader for an address as text. The field `family` selects dotted IPv4 or canonical IPv6. */
  address(name: string): TextAt | null {
    const offset = this.#offset(name, "bytes16");
    const family = this.number("family");
    if (offset === null || family === null) return null;
    return (view, at) => (family(view, at) === 10 ? ipv6(view, at + offset) : ipv4(view, at + offset));
  }

  #offset(name: string, ...types: readonly FieldType[]): number | null {
    const field = this.#fields.get(name);
    return field && types.includes(field.type) ? field.offset : null;
  }
}

const ipv4 = (view: DataView, at: number): string =>
  `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;

/** An IPv6 address in the canonical form of RFC 5952. */
function ipv6(view: DataView, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(at + 2 * index));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return `::ffff:${ipv4(view, at + 12)}`;
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from += 1) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === 0) length += 1;
    if (length > best.length) best = { from, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.from < 0) return hex.join(":");
  return `${hex.slice(0, best.from).join(":")}::${hex.slice(best.from + best.length).join(":")}`;
}
