/**
 * Access to the cells of a batch's columns, for loops over its rows.
 *
 * Each such loop is the last statement of its own function. V8 compiles a hot loop while it runs (on-stack
 * replacement) and knows nothing yet about the code after it, so reaching that code would discard the compiled loop.
 * Each expression in such a loop reads typed arrays of one kind only, for speed, too.
 */
import type { Batch, Values } from "./batch.ts";

const whole = 4294967296;

/** A column to be read. */
export interface Cells<Array extends Values = Values> {
  readonly values: Array;
  /** One bit a row, 1 where the row has a value. Null where every row has one. */
  readonly valid: Uint8Array | null;
}

/** 64-bit numbers: pairs of 32 bits, low half first. */
export type Longs = Cells<Int32Array>;
export type Words = Cells<Uint32Array>;
export type Bytes = Cells<Uint8Array>;
export type Doubles = Cells<Float64Array>;

/** A column by its name, or null where the source does not supply it. */
export function cellsOf<Array extends Values>(batch: Batch, name: string): Cells<Array> | null {
  const place = batch.layout.place(name);
  if (place < 0) return null;
  return { values: batch.at(place) as Array, valid: batch.hasNulls[place] ? batch.valid(place) : null };
}

/** The column with each record's connection. Every batch has it. */
export const flowsOf = (batch: Batch): Words => cellsOf<Uint32Array>(batch, "flow")!;

/** Whether the row has a value. Always false for a column that is not supplied. */
export const has = (column: Cells | null, row: number): boolean => column !== null && isSet(column.valid, row);

export const isSet = (valid: Uint8Array | null, row: number): boolean =>
  valid === null || (valid[row >> 3]! & (1 << (row & 7))) !== 0;

/** A 64-bit number, exact up to 2^53. */
export const longAt = (values: Int32Array, row: number): number =>
  values[2 * row + 1]! * whole + (values[2 * row]! >>> 0);

export function putLong(values: Int32Array, row: number, value: number): void {
  values[2 * row] = value % whole;
  values[2 * row + 1] = Math.floor(value / whole);
}

/** A column to be filled. A row has no value until it is marked. */
export interface Filled<Array extends Values = Values> {
  readonly place: number;
  readonly values: Array;
  readonly valid: Uint8Array;
}

/** A column in which no row has a value yet. */
export function emptyColumn<Array extends Values>(batch: Batch, name: string): Filled<Array> {
  const place = batch.layout.place(name);
  return { place, values: batch.at(place) as Array, valid: batch.valid(place).fill(0) };
}

/** Returns the column with a value in every row. `clear` takes one away. */
export function wholeColumn<Array extends Values>(batch: Batch, name: string): Filled<Array> {
  const place = batch.layout.place(name);
  return { place, values: batch.at(place) as Array, valid: batch.valid(place).fill(255) };
}

/** Records in the batch which of these columns have rows without a value. */
export function tellNulls(batch: Batch, columns: readonly Filled[]): void {
  for (const { place, valid } of columns) batch.hasNulls[place] = !areAllSet(valid, batch.rows);
}

function areAllSet(valid: Uint8Array, rows: number): boolean {
  const bytes = rows >> 3;
  for (let at = 0; at < bytes; at++) if (valid[at] !== 255) return false;
  const rest = (1 << (rows & 7)) - 1;
  return (valid[bytes]! & rest) === rest;
}

/** Marks that the row has a value. */
export function mark(valid: Uint8Array, row: number): void {
  valid[row >> 3]! |= 1 << (row & 7);
}

/** Marks that the row has no value. */
export function clear(valid: Uint8Array, row: number): void {
  valid[row >> 3]! &= ~(1 << (row & 7));
}

/** An array of numbers by connection: the same array, or a larger copy that has room for `count`. */
export function grown<Array extends Float64Array | Uint32Array | Uint8Array>(
  values: Array,
  count: number,
  initial: number,
): Array {
  if (count <= values.length) return values;
  const Kind = values.constructor as new (length: number) => Array;
  const larger = new Kind(Math.max(count, values.length * 2)).fill(initial) as Array;
  larger.set(values);
  return larger;
}
