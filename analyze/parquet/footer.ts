/**
 * What is changed in a file after DuckDB has written all rows.
 *
 * DuckDB takes a file's keys and values when COPY begins, so for those that are known later a placeholder is written
 * first. Its threads write row groups as they finish them, so the footer lists these in any order. And columns without
 * any value are added here: DuckDB takes as long for a NULL as for a number, and in most captures a third of the
 * columns have nothing else.
 *
 * The footer is the last part of a Parquet file. It says where each column of each row group is, and nothing in it
 * depends on its own length.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { listOf, type NumberAt, type Range, ThriftReader, varint, withNumbers } from "./thrift.ts";

/** A value that cannot occur by chance. */
export const placeholder = (): string => `placeholder ${randomUUID()}`;

const magicBytes = 8; // the footer's length and `PAR1`

export interface FooterChanges {
  /** What stands in place of each placeholder. */
  readonly values: ReadonlyMap<string, string>;
  /** A column of type BIGINT. Row groups are listed in the order of their smallest value of it. */
  readonly orderedBy: string;
  /** All columns, in order. */
  readonly columns: readonly string[];
  /**
   * Writes a file with as many rows and those of the columns that are not in this one. It has one row group, and no
   * value. Called for each size of row group. Returns its path.
   */
  readonly absent: (rows: number) => Promise<string>;
}

/** Changes a file that DuckDB has just written. */
export async function finishFooter(path: string, { values, orderedBy, columns, absent }: FooterChanges): Promise<void> {
  await using file = await open(path, "r+");
  const { begin, footer } = await read(file);
  const orderedAt = footer.elements.findIndex(({ name }) => name === orderedBy);
  const minimum = ({ chunks }: RowGroup): bigint => found(chunks[orderedAt]?.minimum);
  const groups = footer.groups.toSorted((a, b) => (minimum(a) < minimum(b) ? -1 : 1));
  const own = new Set(footer.elements.map(({ name }) => name));
  const added = new Map<number, Absent>();
  if (columns.some((name) => !own.has(name)))
    for (const rows of new Set(groups.length > 0 ? groups.map(({ rows }) => rows) : [1]))
      added.set(rows, await absentFrom(await absent(rows)));
  const [first] = added.values();
  const elements = [...footer.elements, ...(first?.elements ?? [])];
  const orders = [...footer.orders, ...(first?.orders ?? [])];
  const order = columns.map((name) => elements.findIndex((element) => element.name === name));
  if (order.includes(-1) || order.length !== elements.length)
    throw new Error("the Parquet file holds other columns than were asked for");
  const pages: Uint8Array[] = [];
  let end = begin;
  const written = groups.map((group): Buffer => {
    const { chunks = [], data = new Uint8Array() } = added.get(group.rows) ?? {};
    const moved = chunks.map((chunk): Chunk => {
      const page = data.subarray(chunk.page.value, chunk.page.value + chunk.size.value);
      const bytes = withNumbers(chunk.bytes, [{ ...chunk.page, value: end }]);
      pages.push(page);
      end += page.length;
      return { ...chunk, bytes };
    });
    const sum = (of: "size" | "rawSize") => moved.reduce((sum, chunk) => sum + chunk[of].value, group[of].value);
    const all = [...group.chunks, ...moved];
    return Buffer.concat([
      group.before,
      listOf(order.map((at) => found(all[at]).bytes)),
      withNumbers(group.after, [
        { ...group.rawSize, value: sum("rawSize") },
        { ...group.size, value: sum("size") },
      ]),
    ]);
  });
  const root = withNumbers(footer.root, [{ ...footer.children, value: elements.length }]);
  let changed = Buffer.concat([
    footer.before,
    listOf([root, ...order.map((at) => elements[at]!.bytes)]),
    footer.between,
    listOf(written),
    footer.behind,
    listOf(order.map((at) => found(orders[at]))),
    footer.after,
  ]);
  for (const [placeholder, value] of values) changed = replaced(changed, Buffer.from(placeholder), Buffer.from(value));
  const tail = Buffer.from("....PAR1");
  tail.writeUInt32LE(changed.length, 0);
  const bytes = Buffer.concat([...pages, changed, tail]);
  await file.write(bytes, 0, bytes.length, begin);
  await file.truncate(begin + bytes.length);
}

/** Columns without values. */
interface Absent {
  readonly elements: readonly Element[];
  readonly orders: readonly Uint8Array[];
  readonly chunks: readonly Chunk[];
  /** The file up to its footer. */
  readonly data: Uint8Array;
}

async function absentFrom(path: string): Promise<Absent> {
  await using file = await open(path, "r");
  const { begin, footer } = await read(file);
  const [group, ...others] = footer.groups;
  if (others.length > 0) throw new Error("columns without values are not in one row group");
  const data = Buffer.alloc(begin);
  await file.read(data, 0, begin, 0);
  const { elements, orders } = footer;
  return { elements, orders, chunks: found(group).chunks, data };
}

/** An element of the schema. */
interface Element {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A column of a row group. Places of numbers are those in `bytes`. */
interface Chunk {
  readonly bytes: Uint8Array;
  /** Offset of its only page in the file; of columns with more, of the first that has no dictionary. */
  readonly page: NumberAt;
  readonly size: NumberAt;
  readonly rawSize: NumberAt;
  readonly minimum: bigint | null;
}

/** A row group. Places of numbers are those in `after`. */
interface RowGroup {
  /** Bytes before and behind the list of its columns. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly chunks: readonly Chunk[];
  readonly rows: number;
  readonly size: NumberAt;
  readonly rawSize: NumberAt;
}

/** A footer, cut into the parts that change, in order, and what is between them. */
interface Footer {
  readonly before: Uint8Array;
  /** The schema's first element, and the number of columns in it. */
  readonly root: Uint8Array;
  readonly children: NumberAt;
  readonly elements: readonly Element[];
  readonly between: Uint8Array;
  readonly groups: readonly RowGroup[];
  readonly behind: Uint8Array;
  /** How the smallest and largest values of each column are to be compared, by column. */
  readonly orders: readonly Uint8Array[];
  readonly after: Uint8Array;
}

/** Field numbers: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
const fields = {
  file: { schema: 2, rowGroups: 4, columnOrders: 7 },
  element: { name: 4, children: 5 },
  rowGroup: { columns: 1, rawSize: 2, rows: 3, size: 6 },
  chunk: { metadata: 3 },
  column: { rawSize: 6, size: 7, page: 9, statistics: 12 },
  statistics: { minimum: 6 },
} as const;

/** Where a file's footer begins, and what it says. */
async function read(file: FileHandle): Promise<{ readonly begin: number; readonly footer: Footer }> {
  const { size } = await file.stat();
  const tail = Buffer.alloc(magicBytes);
  await file.read(tail, 0, magicBytes, size - magicBytes);
  const bytes = Buffer.alloc(tail.readUInt32LE(0));
  const begin = size - magicBytes - bytes.length;
  await file.read(bytes, 0, bytes.length, begin);
  return { begin, footer: footerOf(bytes) };
}

function footerOf(bytes: Uint8Array): Footer {
  const reader = new ThriftReader(bytes);
  const elements: (Element & { children: NumberAt | null })[] = [];
  const groups: RowGroup[] = [];
  const orders: Uint8Array[] = [];
  let [schema, rowGroups, columnOrders]: (Range | null)[] = [null, null, null];
  reader.struct((field) => {
    const from = reader.at;
    if (field === fields.file.schema) {
      reader.list(() => elements.push(readElement(reader, bytes)));
      schema = { from, to: reader.at };
    } else if (field === fields.file.rowGroups) {
      reader.list(() => groups.push(readRowGroup(reader, bytes)));
      rowGroups = { from, to: reader.at };
    } else if (field === fields.file.columnOrders) {
      reader.list(() => {
        const from = reader.at;
        reader.struct(() => {});
        orders.push(bytes.subarray(from, reader.at));
      });
      columnOrders = { from, to: reader.at };
    }
  });
  const [root, ...columns] = elements;
  const [schemaAt, groupsAt, ordersAt] = [schema, rowGroups, columnOrders].map((range) => found<Range>(range)) as [
    Range,
    Range,
    Range,
  ];
  return {
    before: bytes.subarray(0, schemaAt.from),
    root: found(root).bytes,
    children: found(root?.children),
    elements: columns,
    between: bytes.subarray(schemaAt.to, groupsAt.from),
    groups,
    behind: bytes.subarray(groupsAt.to, ordersAt.from),
    orders,
    after: bytes.subarray(ordersAt.to),
  };
}

function readElement(reader: ThriftReader, bytes: Uint8Array): Element & { children: NumberAt | null } {
  const begin = reader.at;
  let [name, children]: [string, NumberAt | null] = ["", null];
  reader.struct((field) => {
    if (field === fields.element.name) name = reader.text();
    else if (field === fields.element.children) children = reader.number();
  });
  return { name, children: children && within(children, begin), bytes: bytes.subarray(begin, reader.at) };
}

function readRowGroup(reader: ThriftReader, bytes: Uint8Array): RowGroup {
  const begin = reader.at;
  const chunks: Chunk[] = [];
  let columns: Range | null = null;
  let [rows, size, rawSize]: (NumberAt | null)[] = [null, null, null];
  reader.struct((field) => {
    const from = reader.at;
    if (field === fields.rowGroup.columns) {
      reader.list(() => chunks.push(readChunk(reader, bytes)));
      columns = { from, to: reader.at };
    } else if (field === fields.rowGroup.rows) rows = reader.number();
    else if (field === fields.rowGroup.size) size = reader.number();
    else if (field === fields.rowGroup.rawSize) rawSize = reader.number();
  });
  const { from, to } = found<Range>(columns);
  return {
    before: bytes.subarray(begin, from),
    after: bytes.subarray(to, reader.at),
    chunks,
    rows: found<NumberAt>(rows).value,
    size: within(found<NumberAt>(size), to),
    rawSize: within(found<NumberAt>(rawSize), to),
  };
}

function readChunk(reader: ThriftReader, bytes: Uint8Array): Chunk {
  const begin = reader.at;
  let [page, size, rawSize]: (NumberAt | null)[] = [null, null, null];
  let minimum: bigint | null = null;
  reader.struct((field) => {
    if (field !== fields.chunk.metadata) return;
    reader.struct((field) => {
      if (field === fields.column.page) page = reader.number();
      else if (field === fields.column.size) size = reader.number();
      else if (field === fields.column.rawSize) rawSize = reader.number();
      else if (field === fields.column.statistics) minimum = minimumIn(reader);
    });
  });
  return {
    bytes: bytes.subarray(begin, reader.at),
    page: within(found<NumberAt>(page), begin),
    size: within(found<NumberAt>(size), begin),
    rawSize: within(found<NumberAt>(rawSize), begin),
    minimum,
  };
}

/** The smallest value of a column of 64-bit numbers. */
function minimumIn(reader: ThriftReader): bigint | null {
  let minimum: bigint | null = null;
  reader.struct((field) => {
    if (field !== fields.statistics.minimum) return;
    const bytes = reader.binary();
    if (bytes.length === 8) minimum = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true);
  });
  return minimum;
}

const within = (number: NumberAt, begin: number): NumberAt => ({
  ...number,
  from: number.from - begin,
  to: number.to - begin,
});

function found<Value>(value: Value | null | undefined): Value {
  if (value === null || value === undefined) throw new Error("the Parquet file's footer lacks a part");
  return value;
}

/** Thrift's compact protocol encodes a string as its length (a varint) and its bytes. */
function replaced(footer: Buffer, from: Buffer, to: Buffer): Buffer<ArrayBuffer> {
  const at = footer.indexOf(from);
  const length = varint(from.length);
  const begin = at - length.length;
  if (at < 0 || footer.indexOf(from, at + 1) >= 0 || !footer.subarray(begin, at).equals(length))
    throw new Error("the Parquet file's footer does not hold its placeholder");
  return Buffer.concat([footer.subarray(0, begin), varint(to.length), to, footer.subarray(at + from.length)]);
}
