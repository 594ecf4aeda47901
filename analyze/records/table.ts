/**
 * The records of a pass, in order, as a table function of DuckDB. Only the columns that a query uses are copied.
 */
import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBTableFunction,
  type DuckDBType,
  ENUM8,
  TIMESTAMP_NS,
  UBIGINT,
  UINTEGER,
  USMALLINT,
  UTINYINT,
  VARCHAR,
} from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import { caStates, recordTypes, traceColumns } from "@tcpprobe-plus/tpp";
import type { Batch } from "./batch.ts";
import { changeSpecs } from "./changes.ts";
import { bytesOf } from "./columns.ts";
import { expirySpecs } from "./expiries.ts";
import { followSpecs } from "./follow.ts";
import { knownWindowSpecs } from "./known-window.ts";
import type { Pass } from "./pass.ts";
import { recoverySpecs } from "./recoveries.ts";
import { roundSpecs } from "./rounds.ts";
import { Scan, type Stretch, vectorRows, type Write } from "./scan.ts";
import { Strings } from "./strings.ts";

const whole = 4294967296;

const types: Readonly<Record<string, DuckDBType>> = {
  UTINYINT,
  USMALLINT,
  UINTEGER,
  BIGINT,
  UBIGINT,
  DOUBLE,
  BOOLEAN,
  VARCHAR,
  TIMESTAMP_NS,
  record_type: ENUM8(recordTypes.map(({ name }) => name)),
  ca_state: ENUM8([...caStates]),
};

interface TableColumn {
  readonly name: string;
  readonly type: DuckDBType;
  readonly write: Write;
}

/** SQL types of the columns that the pass adds to those of `trace`. */
export const carriedTypes: Readonly<Record<string, string>> = Object.fromEntries(
  [...followSpecs, ...recoverySpecs, ...expirySpecs, ...knownWindowSpecs, ...roundSpecs, ...changeSpecs].map(
    ({ name, type }) => [name, type],
  ),
);

/** Columns of `trace`, followed by those that the pass adds. */
export const passColumns: readonly { readonly name: string; readonly type: string }[] = [
  ...traceColumns,
  ...Object.entries(carriedTypes).map(([name, type]) => ({ name, type })),
];

/** Names of the columns that the pass supplies, in order. */
export function suppliedColumns({ layout }: Pass): string[] {
  const always: ReadonlySet<string> = new Set(["capture", "ord", "time", "t", "saddr", "daddr"]);
  return passColumns.map(({ name }) => name).filter((name) => always.has(name) || layout.place(name) >= 0);
}

export interface PassTableOptions {
  /** Name of the table function. */
  readonly name: string;
  /** Value of the column `capture`. */
  readonly capture: number;
  /** Starts a pass. Called once for each query, which reads the pass from its beginning. */
  readonly start: () => Pass;
  /** Called when a query has read all of a pass. */
  readonly finished?: (pass: Pass) => void;
  /** For a pass that follows a capture: each query goes on where the one before it ended. */
  readonly goesOn?: boolean;
  /** Number of DuckDB's threads that may read, 1 by default. Rows come in order to each of them only. */
  readonly threads?: number;
  /** Rows that follow each other and go to one thread; null, the default, where it does not matter which get them. */
  readonly rangeRows?: number | null;
}

/** The records as a table function, in order. Each query reads a pass of its own. */
export class PassTable {
  readonly function: DuckDBTableFunction;
  readonly #scans = new Set<Scan>();
  #error: unknown;
  #records = 0;

  /** `shape`: a pass over the capture; only its layout is used. */
  constructor(shape: Pass, options: PassTableOptions) {
    const { name, capture, start, finished, goesOn = false, threads = 1, rangeRows = null } = options;
    const columns = tableColumns(shape, capture);
    const failed = (info: { setError(error: string): void }, error: unknown) => {
      this.#error ??= error;
      info.setError((error as Error).message);
    };
    this.function = DuckDBTableFunction.create({
      name,
      supportsProjectionPushdown: true,
      bindFunction: (info) => {
        for (const { name, type } of columns) info.addResultColumn(name, type);
      },
      initFunction: (info) => {
        try {
          const pass = start();
          const own = tableColumns(pass, capture);
          const read = info.getColumnIndexes().map((index) => own[index]!);
          // A pass that is followed is read by several queries.
          if (!goesOn) pass.supplyOnly(new Set(read.map(({ name }) => name)));
          const writes = read.map(({ write }) => write);
          const scan = new Scan(pass, { writes, ord: goesOn ? this.#records + 1 : 1, rangeRows });
          this.#scans.add(scan);
          info.setInitData(scan);
          info.setMaxThreads(threads);
        } catch (error) {
          failed(info, error);
        }
      },
      localInitFunction: (info) => info.setInitData({}),
      mainFunction: (info, { chunk }) => {
        try {
          const scan = info.getInitData() as Scan;
          if (scan.write(chunk, info.getLocalInitData()!)) return;
          if (!scan.isDone || !this.#scans.delete(scan)) return;
          this.#records = scan.ord - 1;
          finished?.(scan.pass);
        } catch (error) {
          failed(info, error);
        }
      },
    });
  }

  /** Records that the last query has read; for a capture that is followed, all so far. */
  get records(): number {
    return this.#records;
  }

  /** The error that a pass threw, or undefined. DuckDB passes on only its text. */
  get error(): unknown {
    return this.#error;
  }

  /** Ends scans that queries did not finish. Call this before passes are closed. */
  close(): void {
    for (const scan of this.#scans) scan.close();
  }
}

function tableColumns(pass: Pass, capture: number): TableColumn[] {
  const { layout } = pass;
  const words = new Int32Array(vectorRows * 4);
  const doubles = new Float64Array(words.buffer);
  const shorts = new Uint16Array(words.buffer);
  const send = (vector: duckdb.Vector, bytes: number) =>
    duckdb.copy_data_to_vector(vector, 0, words.buffer as ArrayBuffer, 0, bytes);
  const zero = {
    low: Number(BigInt.asUintN(32, pass.zeroRealtimeNs)),
    high: Number(BigInt.asIntN(32, pass.zeroRealtimeNs >> 32n)),
  };
  const addresses = new Strings();
  const ofEnds = { saddr: [] as number[], daddr: [] as number[] };
  const address =
    (side: "saddr" | "daddr"): Write =>
    (vector, { batch, from, count }) => {
      const places = ofEnds[side];
      for (let number = places.length; number < pass.ends.length; number++)
        places.push(addresses.add(pass.ends[number]![side]));
      const ends = batch.column<Uint32Array>("ends");
      addresses.write(vector, (row) => places[ends[from + row]!]!, count, words);
    };
  const made: Readonly<Record<string, Write>> = {
    capture: (vector, { count }) => {
      shorts.fill(capture, 0, count);
      send(vector, 2 * count);
    },
    ord: (vector, { ord, count }) => {
      putOrds(words, ord, count);
      send(vector, 8 * count);
    },
    time: (vector, { batch, from, count }) => {
      putTimes(words, batch.column<Float64Array>("ns").subarray(from, from + count), zero);
      send(vector, 8 * count);
    },
    t: (vector, { batch, from, count }) => {
      putSeconds(doubles, batch.column<Float64Array>("ns").subarray(from, from + count));
      send(vector, 8 * count);
    },
    saddr: address("saddr"),
    daddr: address("daddr"),
  };
  return passColumns.flatMap(({ name, type }): TableColumn[] => {
    const place = layout.place(name);
    const write =
      made[name] ??
      (place < 0 ? undefined : layout.columns[place]!.kind === "text" ? texts(place, words) : plain(place));
    return write ? [{ name, type: types[type]!, write }] : [];
  });
}

function putOrds(words: Int32Array, first: number, count: number): void {
  for (let row = 0; row < count; row++) {
    words[2 * row] = (first + row) % whole;
    words[2 * row + 1] = (first + row) / whole;
  }
}

/** Writes nanoseconds since 1970. `zero`: those of the capture's zero, as two 32-bit halves. */
function putTimes(words: Int32Array, ns: Float64Array, zero: { readonly low: number; readonly high: number }): void {
  for (let row = 0; row < ns.length; row++) {
    const at = ns[row]!;
    const high = Math.floor(at / whole);
    const low = at - high * whole + zero.low;
    words[2 * row] = low % whole;
    words[2 * row + 1] = zero.high + high + (low >= whole ? 1 : 0);
  }
}

function putSeconds(doubles: Float64Array, ns: Float64Array): void {
  for (let row = 0; row < ns.length; row++) doubles[row] = ns[row]! / 1e9;
}

/** Deno's Node-API does not take shared memory, so there a copy is passed. */
const takesShared = !("Deno" in globalThis);

function forAddon(buffer: ArrayBufferLike, offset: number, bytes: number): [ArrayBuffer, number] {
  if (takesShared || buffer instanceof ArrayBuffer) return [buffer as ArrayBuffer, offset];
  return [new Uint8Array(buffer, offset, bytes).slice().buffer as ArrayBuffer, 0];
}

/** Copies a column unchanged from the batch. */
function plain(place: number): Write {
  return (vector, { batch, from, count }) => {
    const { kind } = batch.layout.columns[place]!;
    const values = batch.at(place);
    const bytes = bytesOf[kind];
    const [source, offset] = forAddon(values.buffer, values.byteOffset + from * bytes, count * bytes);
    duckdb.copy_data_to_vector(vector, 0, source, offset, count * bytes);
    writeValidity(vector, place, { batch, from, count });
  };
}

function texts(place: number, scratch: Int32Array): Write {
  let of: Batch | null = null;
  let strings = new Strings();
  return (vector, { batch, from, count }) => {
    if (of !== batch) {
      of = batch;
      strings = new Strings();
      strings.append("");
      for (const text of batch.data.texts[place]!) strings.append(text);
    }
    const values = batch.at(place);
    const valid = batch.hasNulls[place] ? batch.valid(place) : null;
    const placeOf = (row: number) => {
      const at = from + row;
      return valid && !(valid[at >> 3]! & (1 << (at & 7))) ? 0 : values[at]! + 1;
    };
    strings.write(vector, placeOf, count, scratch);
    writeValidity(vector, place, { batch, from, count });
  };
}

function writeValidity(vector: duckdb.Vector, place: number, { batch, from, count }: Omit<Stretch, "ord">): void {
  if (!batch.hasNulls[place]) return;
  const valid = bitsFrom(batch.valid(place), from, count);
  duckdb.vector_ensure_validity_writable(vector);
  const bytes = (count + 7) >> 3;
  const [source, offset] = forAddon(valid.buffer, valid.byteOffset, bytes);
  duckdb.copy_data_to_vector_validity(vector, 0, source, offset, bytes);
}

/** Bits [from, from + count), the first of them at the beginning of a byte. */
function bitsFrom(bits: Uint8Array, from: number, count: number): Uint8Array {
  const first = from >> 3;
  const shift = from & 7;
  if (shift === 0) return bits.subarray(first);
  const bytes = (count + 7) >> 3;
  const moved = new Uint8Array(bytes);
  for (let byte = 0; byte < bytes; byte++)
    moved[byte] = (bits[first + byte]! >> shift) | ((bits[first + byte + 1] ?? 0) << (8 - shift));
  return moved;
}
