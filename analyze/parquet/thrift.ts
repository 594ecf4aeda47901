/**
 * Thrift's compact protocol, in which a Parquet file's footer is written: just enough to find a value, to pass over all
 * others, and to write numbers and the heads of lists.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

const types = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
} as const;

/** Bytes [from, to) of a message. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A whole number and where it stands. */
export interface NumberAt extends Range {
  readonly value: number;
}

export class ThriftReader {
  readonly #bytes: Uint8Array;
  /** Offset of the next byte. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads a struct. `visit` gets the number of each field, and reads its value or leaves it to be skipped. */
  struct(visit: (field: number) => void): void {
    for (let field = 0; ; ) {
      const head = this.#byte();
      if (head === 0) return;
      const [delta, type] = [head >> 4, head & 15];
      field = delta === 0 ? this.number().value : field + delta;
      const begin = this.at;
      visit(field);
      if (this.at === begin) this.#skip(type);
    }
  }

  /** Reads a list of structs, of texts or of lists. `visit` must read each of its elements. */
  list(visit: (index: number) => void): void {
    const { count } = this.#listHead();
    for (let index = 0; index < count; index++) visit(index);
  }

  binary(): Uint8Array {
    const length = this.#varint();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  text(): string {
    return Buffer.from(this.binary()).toString();
  }

  /** Reads a whole number below 2^53. */
  number(): NumberAt {
    const from = this.at;
    const value = this.#varint();
    return { from, to: this.at, value: value % 2 === 0 ? value / 2 : -(value + 1) / 2 };
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error("the Parquet file's footer ends inside a value");
    return byte;
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  #listHead(): { readonly count: number; readonly type: number } {
    const head = this.#byte();
    return { count: head >> 4 === 15 ? this.#varint() : head >> 4, type: head & 15 };
  }

  #skip(type: number): void {
    if (type === types.true || type === types.false) return;
    if (type === types.byte) this.at++;
    else if (type === types.i16 || type === types.i32 || type === types.i64) this.#varint();
    else if (type === types.double) this.at += 8;
    else if (type === types.binary) this.binary();
    else if (type === types.list || type === types.set) {
      const { count, type: element } = this.#listHead();
      // In a list, a truth value takes a byte.
      if (element === types.true || element === types.false) this.at += count;
      else for (let index = 0; index < count; index++) this.#skip(element);
    } else if (type === types.struct) this.struct(() => {});
    else throw new Error(`the Parquet file's footer holds a value of type ${type}`);
  }
}

/** A whole number, not negative, without its sign: as lengths are written. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

/** A list of structs. */
export function listOf(structs: readonly Uint8Array[]): Buffer {
  const { length } = structs;
  const head = length < 15 ? Buffer.from([(length << 4) | types.struct]) : Buffer.from([0xf0 | types.struct]);
  return Buffer.concat([head, ...(length < 15 ? [] : [varint(length)]), ...structs]);
}

/** The bytes with other numbers, not negative, at these places, which are in order. */
export function withNumbers(bytes: Uint8Array, numbers: readonly NumberAt[]): Buffer {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { from, to, value } of numbers) {
    parts.push(bytes.subarray(at, from), varint(value * 2));
    at = to;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}
