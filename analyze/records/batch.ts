/** A batch of records on their way through the pass: typed columns in memory that threads share. */
import { bytesOf, type ColumnSpec, type Kind } from "./columns.ts";

/** Rows of a batch: whole vectors of DuckDB, and about what a frame of text holds. */
export const batchRows = 8192;

export type Values = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

/** How a column of each kind lies in memory. */
export const arrayOf = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  i64: Int32Array,
  f64: Float64Array,
  text: Uint32Array,
} as const satisfies Record<Kind, unknown>;

/** Where each column lies in a batch's memory. */
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

  /** Place of a column among the columns; -1: the source does not supply it. */
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

/** A line that gave no record. */
export interface BadLine {
  readonly why: string;
  /** The first such line, shortened. */
  readonly line: string;
  count: number;
}

/** A place in the text where records are missing, as the text itself says. */
export interface LostHere {
  /** Rows of the batch before it. */
  readonly row: number;
  readonly lost: number | null;
  /** Null: of no CPU in particular. */
  readonly cpu: number | null;
}

/** Which process opened or accepted a connection. */
export interface ProcessTold {
  /** When that was told, since the capture's zero. */
  readonly ns: number;
  /** The socket's cookie. */
  readonly connection: string;
  readonly pid: number;
  readonly comm: string;
  readonly cgroup: bigint;
}

/** What a reader has made of a stretch of text; goes from thread to thread. */
export interface BatchData {
  readonly memory: SharedArrayBuffer;
  readonly rows: number;
  /** By column: whether any row has no value. A bit of `valid` is 1 where there is one. */
  readonly hasNulls: readonly boolean[];
  /** By column of kind text: its values. */
  readonly texts: readonly (readonly string[] | null)[];
  /**
   * Ends of connections first met in this batch; their numbers go on from those of the batches before, of this reader.
   */
  readonly newEnds: readonly Ends[];
  /** Whether the reader counts its ends from 0 again, beginning with `newEnds`. */
  readonly endsAnew: boolean;
  /** Whether rows are in the order of time. */
  readonly sorted: boolean;
  /** Extremes of `ns`; not numbers where there are no rows. */
  readonly firstNs: number;
  readonly lastNs: number;
  /** Whether any number of bytes is in the upper half of its 32 bits. */
  readonly upperHalf: boolean;
  readonly bad: readonly BadLine[];
  readonly lost: readonly LostHere[];
  /** ss: when polls failed, ns since the capture's zero. */
  readonly failedPolls: readonly number[];
  /** Processes that opened or accepted connections. */
  readonly processes: readonly ProcessTold[];
  /**
   * ss: rows at the beginning whose poll is told before this text, and the time of the last poll; null: no poll in it.
   */
  readonly polls: { readonly waiting: number; readonly lastNs: number | null } | null;
}

/** The two ends of a connection, local first, and the source's own number of it where there is one. */
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

  /** Values of a column by its name. Throws where the layout lacks it. */
  column<Array extends Values>(name: string): Array {
    return this.at(this.layout.place(name)) as Array;
  }

  valid(place: number): Uint8Array {
    return this.layout.valid(this.data.memory, place);
  }
}
