/** A batch of records on its way through the pass: typed columns in memory that threads share. */
import { bytesOf, type ColumnSpec, type Kind } from "./columns.ts";

/** Rows in a batch: a multiple of DuckDB's vector size, and about as many records as a frame of text holds. */
export const batchRows = 8192;

export type Values = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** The typed array that holds a column of each kind. */
export const arrayOf = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i64: Int32Array,
  f64: Float64Array,
  text: Uint32Array,
} as const satisfies Record<Kind, unknown>;

/** The offset of each column in a batch's memory. */
export class Layout {
  readonly columns: readonly ColumnSpec[];
  readonly rows: number;
  readonly bytes: number;
  readonly #places = new Map<string, number>();
  readonly #offsets: readonly (readonly [values: number, valid: number])[];

  constructor(columns: readonly ColumnSpec[], rows = batchRows) {
    this.columns = columns;
    this.rows = rows;
    let at = 0;
    const take = (bytes: number): number => {
      const begin = at;
      at += (bytes + 7) & ~7;
      return begin;
    };
    this.#offsets = columns.map(({ kind }) => [take(rows * bytesOf[kind]), take((rows + 7) >> 3)]);
    this.bytes = at;
    for (const [index, { name }] of columns.entries()) this.#places.set(name, index);
  }

  /** Index of a column, or -1 where the source does not supply it. */
  place(name: string): number {
    return this.#places.get(name) ?? -1;
  }

  values(memory: SharedArrayBuffer, place: number): Values {
    const { kind } = this.columns[place]!;
    return new arrayOf[kind](
      memory as unknown as ArrayBuffer,
      this.#offsets[place]![0],
      this.rows * (kind === "i64" ? 2 : 1),
    );
  }

  valid(memory: SharedArrayBuffer, place: number): Uint8Array {
    return new Uint8Array(memory, this.#offsets[place]![1], (this.rows + 7) >> 3);
  }
}

/** Lines that could not be read as records, for one reason. */
export interface BadLine {
  readonly why: string;
  /** The first of these lines, shortened. */
  readonly line: string;
  count: number;
}

/** A place where the text itself reports that records are missing. */
export interface LostHere {
  /** Number of rows of the batch that precede it. */
  readonly row: number;
  readonly lost: number | null;
  /** Null where the text names no CPU. */
  readonly cpu: number | null;
}

/** Reports which process opened or accepted a connection. */
export interface ProcessTold {
  /** Time of the report, since the capture's zero. */
  readonly ns: number;
  /** The socket's cookie. */
  readonly connection: string;
  readonly pid: number;
  readonly comm: string;
  readonly cgroup: bigint;
}

/** What a reader made of a stretch of text. It is passed between threads. */
export interface BatchData {
  readonly memory: SharedArrayBuffer;
  readonly rows: number;
  /** By column: whether any row lacks a value. A bit of `valid` is 1 where the row has one. */
  readonly hasNulls: readonly boolean[];
  /** The distinct values of each text column, by column. */
  readonly texts: readonly (readonly string[] | null)[];
  /** Pairs of ends first seen in this batch. Their numbers continue from this reader's earlier batches. */
  readonly newEnds: readonly Ends[];
  /** Whether the reader restarted its numbers of ends at 0, with the first of `newEnds`. */
  readonly endsAnew: boolean;
  /** Whether rows are in order of time. */
  readonly sorted: boolean;
  /** Earliest and latest `ns`; NaN where there are no rows. */
  readonly firstNs: number;
  readonly lastNs: number;
  /** Whether any sequence number is in the upper half of the 32-bit range. */
  readonly upperHalf: boolean;
  readonly bad: readonly BadLine[];
  readonly lost: readonly LostHere[];
  /** For ss: when polls failed, ns since the capture's zero. */
  readonly failedPolls: readonly number[];
  /** Processes that opened or accepted connections. */
  readonly processes: readonly ProcessTold[];
  /**
   * For ss. `waiting`: number of leading rows that belong to a poll of an earlier frame. `lastNs`: time of the last
   * poll, null where the text holds none.
   */
  readonly polls: { readonly waiting: number; readonly lastNs: number | null } | null;
}

/** The two ends of a connection, local first, and the number that the source gave the connection, if any. */
export interface Ends {
  readonly saddr: string;
  readonly sport: number;
  readonly daddr: string;
  readonly dport: number;
  readonly connection: string | null;
}

/** A batch with views of its columns. */
export class Batch {
  readonly layout: Layout;
  readonly data: BatchData;
  readonly rows: number;
  readonly hasNulls: boolean[];
  readonly #values: (Values | undefined)[] = [];

  constructor(layout: Layout, data: BatchData) {
    this.layout = layout;
    this.data = data;
    this.rows = data.rows;
    this.hasNulls = [...data.hasNulls];
  }

  at(place: number): Values {
    this.#values[place] ??= this.layout.values(this.data.memory, place);
    return this.#values[place];
  }

  /** Values of a column by its name. Throws where the layout does not have it. */
  column<Array extends Values>(name: string): Array {
    return this.at(this.layout.place(name)) as Array;
  }

  valid(place: number): Uint8Array {
    return this.layout.valid(this.data.memory, place);
  }
}
