/**
 * What is changed in a file's footer after all rows are written. DuckDB takes a file's keys and values when COPY
 * begins, so for those that are known later a placeholder is written first. Its threads write row groups as they finish
 * them, so the footer lists these in any order. The footer is the last part of a Parquet file, and nothing in it
 * depends on its length.
 */
import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { ThriftReader } from "./thrift.ts";

/** A value that cannot occur by chance. */
export const placeholder = (): string => `placeholder ${randomUUID()}`;

const magicBytes = 8; // the footer's length and `PAR1`

export interface FooterChanges {
  /** What stands in place of each placeholder. */
  readonly values: ReadonlyMap<string, string>;
  /** A column of type BIGINT. Row groups are listed in the order of their smallest value of it. */
  readonly orderedBy: string;
}

/** Changes the footer of a file that DuckDB has just written. */
export async function finishFooter(path: string, { values, orderedBy }: FooterChanges): Promise<void> {
  await using file = await open(path, "r+");
  const { size } = await file.stat();
  const tail = Buffer.alloc(magicBytes);
  await file.read(tail, 0, magicBytes, size - magicBytes);
  const begin = size - magicBytes - tail.readUInt32LE(0);
  let footer = Buffer.alloc(tail.readUInt32LE(0));
  await file.read(footer, 0, footer.length, begin);
  footer = ordered(footer, orderedBy);
  for (const [placeholder, value] of values) footer = replaced(footer, Buffer.from(placeholder), Buffer.from(value));
  tail.writeUInt32LE(footer.length, 0);
  await file.write(Buffer.concat([footer, tail]), 0, footer.length + magicBytes, begin);
  await file.truncate(begin + footer.length + magicBytes);
}

/**
 * Field numbers of Parquet's metadata:
 * https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
const fields = {
  file: { rowGroups: 4 },
  rowGroup: { columns: 1 },
  chunk: { metadata: 3 },
  column: { path: 3, statistics: 12 },
  statistics: { minimum: 6 },
} as const;

interface RowGroup {
  /** Its bytes in the footer. */
  readonly bytes: Buffer;
  readonly minimum: bigint;
}

/** The footer with its row groups in the order of a column's minimum. */
function ordered(footer: Buffer<ArrayBuffer>, column: string): Buffer<ArrayBuffer> {
  const reader = new ThriftReader(footer);
  const groups: RowGroup[] = [];
  let begin = 0;
  reader.struct((field) => {
    if (field !== fields.file.rowGroups) return;
    const { count } = reader.list();
    begin = reader.at;
    for (let index = 0; index < count; index++) {
      const from = reader.at;
      const minimum = minimumOf(reader, column);
      if (minimum === null) throw new Error(`a row group of the Parquet file has no minimum of ${column}`);
      groups.push({ bytes: footer.subarray(from, reader.at), minimum });
    }
  });
  const end = begin + groups.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const sorted = groups.toSorted((a, b) => (a.minimum < b.minimum ? -1 : 1));
  return Buffer.concat([footer.subarray(0, begin), ...sorted.map(({ bytes }) => bytes), footer.subarray(end)]);
}

/** Reads a row group. Returns the minimum of one of its columns, null where that is not told. */
function minimumOf(reader: ThriftReader, column: string): bigint | null {
  let found: bigint | null = null;
  reader.struct((field) => {
    if (field !== fields.rowGroup.columns) return;
    const { count } = reader.list();
    for (let index = 0; index < count; index++) {
      let [path, minimum]: [string, bigint | null] = ["", null];
      reader.struct((field) => {
        if (field !== fields.chunk.metadata) return;
        reader.struct((field) => {
          if (field === fields.column.path) path = namesOf(reader).join(".");
          else if (field === fields.column.statistics) minimum = minimumIn(reader);
        });
      });
      if (path === column) found = minimum;
    }
  });
  return found;
}

function namesOf(reader: ThriftReader): string[] {
  const { count } = reader.list();
  return Array.from({ length: count }, () => Buffer.from(reader.binary()).toString());
}

function minimumIn(reader: ThriftReader): bigint | null {
  let minimum: bigint | null = null;
  reader.struct((field) => {
    if (field !== fields.statistics.minimum) return;
    const bytes = reader.binary();
    if (bytes.length === 8) minimum = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true);
  });
  return minimum;
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

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
