/** Answers as Arrow tables and IPC files, copied from DuckDB's vectors. */
import type { DuckDBDataChunk } from "@duckdb/node-api";
import * as arrow from "apache-arrow";
import type { ColumnInfo, Database } from "../database/database.ts";
import { Answer } from "./answer.ts";

type TypedArray =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

interface FixedType {
  readonly arrow: () => arrow.DataType;
  readonly array: new (length: number) => TypedArray;
}

/** DuckDB types whose values have the same layout in memory as Arrow's. */
const fixedTypes: Readonly<Record<string, FixedType>> = {
  TINYINT: { arrow: () => new arrow.Int8(), array: Int8Array },
  UTINYINT: { arrow: () => new arrow.Uint8(), array: Uint8Array },
  SMALLINT: { arrow: () => new arrow.Int16(), array: Int16Array },
  USMALLINT: { arrow: () => new arrow.Uint16(), array: Uint16Array },
  INTEGER: { arrow: () => new arrow.Int32(), array: Int32Array },
  UINTEGER: { arrow: () => new arrow.Uint32(), array: Uint32Array },
  BIGINT: { arrow: () => new arrow.Int64(), array: BigInt64Array },
  UBIGINT: { arrow: () => new arrow.Uint64(), array: BigUint64Array },
  FLOAT: { arrow: () => new arrow.Float32(), array: Float32Array },
  DOUBLE: { arrow: () => new arrow.Float64(), array: Float64Array },
  TIMESTAMP_NS: { arrow: () => new arrow.TimestampNanosecond("UTC"), array: BigInt64Array },
};

/**
 * DuckDB's vectors keep fixed-width values in a typed array, and validity as bits of 64-bit words (null: all valid).
 */
interface FixedVector {
  readonly items: TypedArray;
}

/** One column of the batch being built: its values, and a validity bit for each row. */
class ColumnBuilder {
  readonly type: arrow.DataType;
  readonly #fixed: FixedType | undefined;
  readonly #isBoolean: boolean;
  #parts: TypedArray[] = [];
  #texts: (string | null)[] = [];
  #validity: Uint8Array;
  #length = 0;
  #nulls = 0;

  constructor(duckType: string, capacity: number) {
    this.#fixed = fixedTypes[duckType];
    this.#isBoolean = duckType === "BOOLEAN";
    this.type = this.#fixed?.arrow() ?? (this.#isBoolean ? new arrow.Bool() : new arrow.Utf8());
    this.#validity = new Uint8Array((capacity + 7) >> 3);
  }

  /** Appends rows [from, to). */
  append(chunk: DuckDBDataChunk, column: number, from: number, to: number): void {
    const vector = chunk.getColumnVector(column);
    const part = this.#fixed && ((vector as unknown as FixedVector).items.slice(from, to) as TypedArray);
    for (let row = from; row < to; row++) {
      const at = this.#length + row - from;
      const item = vector.getItem(row);
      if (item !== null) this.#validity[at >> 3]! |= 1 << (at & 7);
      else {
        this.#nulls++;
        // Where a value is NULL, DuckDB leaves old memory. It differs from run to run and must not be published.
        if (part) part[row - from] = part instanceof BigInt64Array || part instanceof BigUint64Array ? 0n : 0;
      }
      if (!part) this.#texts.push(item as string | null);
    }
    if (part) this.#parts.push(part);
    this.#length += to - from;
  }

  finish(): arrow.Data {
    if (!this.#fixed) return arrow.vectorFromArray(this.#texts, this.type as arrow.Utf8).data[0] as arrow.Data;
    const data = new this.#fixed.array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      data.set(part as never, at);
      at += part.length;
    }
    return arrow.makeData({
      type: this.type as never,
      length: this.#length,
      nullCount: this.#nulls,
      nullBitmap: this.#validity,
      data: data as never,
    });
  }
}

const rowsPerBatch = 64 * 2048;

/**
 * An answer as Arrow record batches of 131 072 rows; the last may have fewer. Types without an equivalent in Arrow
 * become text or doubles.
 */
async function* recordBatches(database: Database, answer: Answer): AsyncGenerator<arrow.RecordBatch> {
  const types = answer.columns.map(({ type }) => arrowSideType(type));
  const builders = () => types.map((type) => new ColumnBuilder(type, rowsPerBatch));
  const schema = new arrow.Schema(
    answer.columns.map(({ name }, index) => new arrow.Field(name, builders()[index]!.type, true)),
  );
  const batch = (parts: readonly ColumnBuilder[], length: number) =>
    new arrow.RecordBatch(
      schema,
      arrow.makeData({
        type: new arrow.Struct(schema.fields),
        length,
        nullCount: 0,
        children: parts.map((part) => part.finish()),
      }),
    );
  let parts = builders();
  let length = 0;
  let batches = 0;
  for await (const chunk of database.chunks(answer.select(asArrowColumn))) {
    // Batches end at the same rows whatever the sizes of DuckDB's chunks.
    for (let from = 0; from < chunk.rowCount; ) {
      const to = Math.min(chunk.rowCount, from + rowsPerBatch - length);
      for (const [index, part] of parts.entries()) part.append(chunk, index, from, to);
      length += to - from;
      from = to;
      if (length < rowsPerBatch) continue;
      yield batch(parts, length);
      batches++;
      parts = builders();
      length = 0;
    }
  }
  if (length > 0 || batches === 0) yield batch(parts, length);
}

/** The whole answer to a query as one Arrow table. */
export async function arrowTable(database: Database, sql: string): Promise<arrow.Table> {
  const batches: arrow.RecordBatch[] = [];
  for await (const batch of recordBatches(database, await Answer.to(database, sql))) batches.push(batch);
  return new arrow.Table(batches);
}

/** An answer in Arrow's IPC file format, uncompressed, chunk by chunk. */
export async function* arrowChunks(database: Database, answer: Answer): AsyncGenerator<Uint8Array> {
  const writer = new arrow.RecordBatchFileWriter({ autoDestroy: false });
  const chunks = writer[Symbol.asyncIterator]();
  let failed: unknown;
  const written = (async () => {
    for await (const batch of recordBatches(database, answer)) writer.write(batch);
    writer.finish().close();
  })().catch((error) => {
    failed = error;
    writer.abort(error);
  });
  try {
    for (;;) {
      const { value, done } = await chunks.next();
      if (done) break;
      yield value as Uint8Array;
    }
    await written;
  } catch (error) {
    throw failed ?? error; // a cancelled writer throws an error of its own
  }
  if (failed !== undefined) throw failed;
}

const arrowSideType = (type: string): string =>
  fixedTypes[type] || type === "BOOLEAN" ? type : /^(HUGEINT|UHUGEINT|DECIMAL)/.test(type) ? "DOUBLE" : "VARCHAR";

const asArrowColumn = (name: string, { type }: ColumnInfo): string =>
  arrowSideType(type) === type ? name : `${name}::${arrowSideType(type)}`;
