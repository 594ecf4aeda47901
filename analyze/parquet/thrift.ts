/**
 * Reads Thrift's compact protocol, in which a Parquet file's footer is written: just enough to find a field and to pass
 * over all others. https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
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
  map: 11,
  struct: 12,
} as const;

export class ThriftReader {
  readonly #bytes: Uint8Array;
  /** Offset of the next byte. */
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Reads a struct. `visit` gets the number and type of each field, and reads its value or leaves it to be skipped. */
  struct(visit: (field: number, type: number) => void): void {
    for (let field = 0; ; ) {
      const head = this.#byte();
      if (head === 0) return;
      const [delta, type] = [head >> 4, head & 15];
      field = delta === 0 ? this.#zigzag() : field + delta;
      const begin = this.at;
      visit(field, type);
      if (this.at === begin) this.#skip(type);
    }
  }

  /** Reads the head of a list. Returns the number of its elements and their type. */
  list(): { readonly count: number; readonly type: number } {
    const head = this.#byte();
    return { count: head >> 4 === 15 ? this.#varint() : head >> 4, type: head & 15 };
  }

  binary(): Uint8Array {
    const length = this.#varint();
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
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

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #skip(type: number): void {
    if (type === types.true || type === types.false) return;
    if (type === types.byte) this.at++;
    else if (type === types.i16 || type === types.i32 || type === types.i64) while (this.#byte() >= 128);
    else if (type === types.double) this.at += 8;
    else if (type === types.binary) this.binary();
    else if (type === types.list || type === types.set) {
      const { count, type: element } = this.list();
      // In a list, a truth value takes a byte.
      if (element === types.true || element === types.false) this.at += count;
      else for (let index = 0; index < count; index++) this.#skip(element);
    } else if (type === types.struct) this.struct(() => {});
    else throw new Error(`the Parquet file's footer holds a value of type ${type}`);
  }
}
