/**
 * Text for DuckDB's vectors. A value takes 16 bytes: its length, then either up to 12 bytes of text, or the first 4
 * bytes and a pointer to the text. A longer text is added to the vector only once. All rows that have this text then
 * use the same 16 bytes.
 */
import duckdb from "@duckdb/node-bindings";

const inlineBytes = 12;

export class Strings {
  readonly #places = new Map<string, number>();
  readonly #texts: Uint8Array[] = [];
  /** The 16 bytes of each text, as four numbers. Those of long texts are valid only while a vector is written. */
  #cells = new Int32Array(4 * 256);
  /** For each long text, the number of the vector that it was last added to. -1 for a short text. */
  readonly #vectors: number[] = [];
  #vector = 0;

  get count(): number {
    return this.#texts.length;
  }

  /** Index of the text; adds it if it is new. */
  add(text: string): number {
    let place = this.#places.get(text);
    if (place === undefined) {
      place = this.append(text);
      this.#places.set(text, place);
    }
    return place;
  }

  /** Adds a text without looking for an equal one. Returns its index. */
  append(text: string): number {
    const place = this.#texts.length;
    const bytes = Buffer.from(text);
    this.#texts.push(bytes);
    this.#vectors.push(-1);
    if (4 * place + 4 > this.#cells.length) {
      const larger = new Int32Array(this.#cells.length * 2);
      larger.set(this.#cells);
      this.#cells = larger;
    }
    if (bytes.length <= inlineBytes) {
      const cell = new Uint8Array(16);
      cell.set(bytes, 4);
      new DataView(cell.buffer).setUint32(0, bytes.length, true);
      this.#cells.set(new Int32Array(cell.buffer), 4 * place);
    } else this.#vectors[place] = 0;
    return place;
  }

  /** Writes `count` values to a vector. `placeOf` gives the index of each row's text. */
  write(vector: duckdb.Vector, placeOf: (row: number) => number, count: number, scratch: Int32Array): void {
    const id = ++this.#vector;
    const long: number[] = [];
    const vectors = this.#vectors;
    for (let row = 0; row < count; row++) {
      const place = placeOf(row);
      const seen = vectors[place]!;
      if (seen !== -1 && seen !== id) {
        duckdb.vector_assign_string_element_len(vector, long.length, this.#texts[place]!);
        vectors[place] = id;
        long.push(place);
      }
    }
    const cells = this.#cells;
    if (long.length > 0) {
      const written = duckdb.vector_get_data(vector, long.length * 16);
      const words = new Int32Array(written.buffer, written.byteOffset, long.length * 4);
      for (const [index, place] of long.entries()) cells.set(words.subarray(4 * index, 4 * index + 4), 4 * place);
    }
    for (let row = 0; row < count; row++) {
      const from = 4 * placeOf(row);
      const to = 4 * row;
      scratch[to] = cells[from]!;
      scratch[to + 1] = cells[from + 1]!;
      scratch[to + 2] = cells[from + 2]!;
      scratch[to + 3] = cells[from + 3]!;
    }
    duckdb.copy_data_to_vector(vector, 0, scratch.buffer as ArrayBuffer, 0, count * 16);
  }
}
