/** Runs the WebAssembly of lines.as.ts. Its memory holds tables and columns, which stay in place, and then the text. */
import { readFileSync } from "node:fs";
import { arrayOf } from "../batch.ts";
import { bytesOf, type Kind } from "../columns.ts";
import { mostEnds } from "../ends.ts";

/** A field as lines.as.ts reads it. */
export interface LineField {
  /** See `codes` of parse-line.ts. */
  readonly code: number;
  /** How its column is stored; null for a field that is not stored. For words (`text`), the offset is stored. */
  readonly kind: Kind | null;
  /** Largest value allowed. */
  readonly limit: number;
  readonly scale: number;
}

interface Global<Value> {
  readonly value: Value;
}

/** The exports of lines.as.ts, described there. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly stoppedAt: Global<number>;
  readonly stoppedBy: Global<number>;
  readonly wrongField: Global<number>;
  readonly wrongAt: Global<number>;
  readonly endsFrom: Global<number>;
  readonly endsTo: Global<number>;
  readonly connection: Global<bigint>;
  readonly lines: Global<number>;
  layOut(...places: number[]): void;
  forget(): void;
  keep(bytes: number, length: number, connection: bigint, ends: number, sport: number, dport: number): void;
  parse(from: number, end: number, row: number, mostRows: number): number;
}

const kindCodes: Readonly<Record<Kind, number>> = { u8: 1, u16: 2, u32: 3, i64: 4, f64: 5, text: 3 };

const fieldBytes = 24;
const entryBytes = 24;
/** Slots in the table of ends. At most a quarter are used. */
const slots = mostEnds * 4;
/** Size of the chunks that hold the bytes of ends. */
const arenaBytes = 1 << 18;
const pageBytes = 1 << 16;
/** lines.as.ts looks at this many bytes behind the text and behind ends, at most. */
const bytesBehind = 128;
/** Memory below this address is reserved for AssemblyScript. */
const firstFree = 1024;

/** Node's type declarations lack these two. */
const { Module, Instance } = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports: object) => { readonly exports: unknown };
    };
  }
).WebAssembly;

let compiled: object | undefined;

function instantiate(): Exports {
  compiled ??= new Module(readFileSync(new URL("./lines.wasm", import.meta.url)));
  const imports = {
    env: {
      abort: () => {
        throw new Error("lines.wasm has ended itself");
      },
    },
  };
  return new Instance(compiled, imports).exports as Exports;
}

export type Stop = "done" | "wrong" | "ends";
const stops: readonly Stop[] = ["done", "wrong", "ends"];

export class WasmLines {
  readonly #wasm = instantiate();
  readonly #fields: readonly LineField[];
  readonly #columns: readonly number[];
  readonly #endsColumns: readonly number[];
  #free = firstFree;
  #text = 0;
  #textRoom = 0;
  readonly #arenas: number[] = [];
  #arena = 0;
  #arenaUsed = 0;
  /** Address where the text ends. */
  end = 0;

  /** `rows`: rows in a column. `connection`: index of the field with the connection's number, or -1. */
  constructor(fields: readonly LineField[], rows: number, connection: number) {
    this.#fields = fields;
    const fieldsAt = this.#take(fields.length * fieldBytes);
    this.#columns = fields.map(({ kind }) => (kind === null ? 0 : this.#take(rows * bytesOf[kind])));
    this.#endsColumns = [4, 2, 2].map((bytes) => this.#take(rows * bytes));
    const table = this.#take(slots * 4);
    const entries = this.#take(mostEnds * entryBytes);
    const view = new DataView(this.#wasm.memory.buffer);
    for (const [index, { code, kind, limit, scale }] of fields.entries()) {
      const at = fieldsAt + index * fieldBytes;
      view.setUint8(at, code);
      view.setUint8(at + 1, kind === null ? 0 : kindCodes[kind]);
      view.setUint8(at + 2, index === connection ? 1 : 0);
      view.setUint32(at + 4, this.#columns[index]!, true);
      view.setBigUint64(at + 8, limit >= 2 ** 64 ? 2n ** 64n - 1n : BigInt(limit), true);
      view.setFloat64(at + 16, scale, true);
    }
    this.#wasm.layOut(fieldsAt, fields.length, ...this.#endsColumns, table, slots, entries);
  }

  #take(bytes: number): number {
    const at = this.#free;
    this.#free = (at + bytes + 7) & ~7;
    const { memory } = this.#wasm;
    const missing = this.#free - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    return at;
  }

  /** Copies text into memory, with a line feed at its end. Returns its address. */
  load(text: Uint8Array): number {
    if (text.length + 1 > this.#textRoom) {
      this.#textRoom = Math.max(text.length + 1, this.#textRoom * 2);
      this.#text = this.#take(this.#textRoom + bytesBehind);
    }
    const bytes = this.bytes();
    bytes.set(text, this.#text);
    this.end = this.#text + text.length;
    if (text.length > 0 && bytes[this.end - 1] !== 10) bytes[this.end++] = 10;
    return this.#text;
  }

  /** All memory. Invalid once the memory grows. */
  bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#wasm.memory.buffer);
  }

  /** Parses from `at` on. Returns the number of rows. */
  parse(at: number, row: number, mostRows: number): number {
    return this.#wasm.parse(at, this.end, row, mostRows);
  }

  get stoppedAt(): number {
    return this.#wasm.stoppedAt.value;
  }
  get stoppedBy(): Stop {
    return stops[this.#wasm.stoppedBy.value]!;
  }
  get lines(): number {
    return this.#wasm.lines.value;
  }
  get wrong(): { readonly field: number; readonly at: number } {
    return { field: this.#wasm.wrongField.value, at: this.#wasm.wrongAt.value };
  }
  /** The ends at which `parse` stopped. */
  get ends(): { readonly from: number; readonly to: number; readonly connection: bigint } {
    const { endsFrom, endsTo, connection } = this.#wasm;
    return { from: endsFrom.value, to: endsTo.value, connection: BigInt.asUintN(64, connection.value) };
  }

  /** Adds the ends at which `parse` stopped to the table. */
  keepEnds(ends: number, sport: number, dport: number): void {
    const { from, to, connection } = this.ends;
    const length = to - from;
    if (this.#arenas.length === 0 || this.#arenaUsed + length > arenaBytes) {
      if (this.#arenas.length > 0) this.#arena++;
      if (this.#arena === this.#arenas.length)
        this.#arenas.push(this.#take(Math.max(arenaBytes, length) + bytesBehind));
      this.#arenaUsed = 0;
    }
    const at = this.#arenas[this.#arena]! + this.#arenaUsed;
    this.bytes().copyWithin(at, from, to);
    this.#arenaUsed += length;
    this.#wasm.keep(at, length, connection, ends, sport, dport);
  }

  forgetEnds(): void {
    this.#wasm.forget();
    this.#arena = 0;
    this.#arenaUsed = 0;
  }

  /** The column of a field. */
  column(field: number): Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array {
    const { kind } = this.#fields[field]!;
    return new arrayOf[kind ?? "u32"](this.#wasm.memory.buffer, this.#columns[field]!);
  }

  /** Columns with the number of the pair of ends and both ports. */
  endsColumns(): readonly [Uint32Array, Uint16Array, Uint16Array] {
    const { buffer } = this.#wasm.memory;
    const [ends, sport, dport] = this.#endsColumns;
    return [new Uint32Array(buffer, ends), new Uint16Array(buffer, sport), new Uint16Array(buffer, dport)];
  }
}
