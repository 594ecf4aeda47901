/**
 * Metadata that is known only after all rows are written. DuckDB takes a file's keys and values when COPY begins, so a
 * placeholder is written first and replaced afterwards. The footer is the last part of a Parquet file, and nothing in
 * it depends on its length.
 */
import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";

/** A value that cannot occur by chance. */
export const placeholder = (): string => `placeholder ${randomUUID()}`;

const magicBytes = 8; // the footer's length and `PAR1`

/** Replaces placeholders in the file's footer. */
export async function fillPlaceholders(path: string, values: ReadonlyMap<string, string>): Promise<void> {
  await using file = await open(path, "r+");
  const { size } = await file.stat();
  const tail = Buffer.alloc(magicBytes);
  await file.read(tail, 0, magicBytes, size - magicBytes);
  const begin = size - magicBytes - tail.readUInt32LE(0);
  let footer = Buffer.alloc(tail.readUInt32LE(0));
  await file.read(footer, 0, footer.length, begin);
  for (const [placeholder, value] of values) footer = replaced(footer, Buffer.from(placeholder), Buffer.from(value));
  tail.writeUInt32LE(footer.length, 0);
  await file.write(Buffer.concat([footer, tail]), 0, footer.length + magicBytes, begin);
  await file.truncate(begin + footer.length + magicBytes);
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
