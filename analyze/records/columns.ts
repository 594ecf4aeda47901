/** The columns of records on their way through the pass: how each is stored in memory, and its type in SQL. */
import { type Column, traceColumns } from "@tcpprobe-plus/tpp";

/**
 * `u8` to `f64` are numbers as DuckDB stores them (`i64` as pairs of 32-bit words, low half first). `text` is a 32-bit
 * index into the texts of the batch.
 */
export type Kind = "u8" | "u16" | "u32" | "i64" | "f64" | "text";

export interface ColumnSpec {
  readonly name: string;
  readonly kind: Kind;
}

/** A column that the pass adds to those of `trace`, and its SQL type. */
export interface CarriedSpec extends ColumnSpec {
  readonly type: string;
}

export const bytesOf: Readonly<Record<Kind, number>> = { u8: 1, u16: 2, u32: 4, i64: 8, f64: 8, text: 4 };

const kindOfType: Readonly<Record<string, Kind>> = {
  UTINYINT: "u8",
  BOOLEAN: "u8",
  record_type: "u8",
  ca_state: "u8",
  USMALLINT: "u16",
  UINTEGER: "u32",
  BIGINT: "i64",
  UBIGINT: "i64",
  DOUBLE: "f64",
  VARCHAR: "text",
};

const byName: ReadonlyMap<string, Column> = new Map(traceColumns.map((column) => [column.name, column]));

/** A column of `trace` as readers fill it. */
export function traceSpec(name: string): ColumnSpec {
  const kind = kindOfType[byName.get(name)?.type ?? ""];
  if (kind === undefined) throw new Error(`trace has no column ${name}`);
  return { name, kind };
}

/**
 * Columns that readers fill and that are not in `trace` in this form.
 * - `ns`: time since the capture's zero in ns, exact up to 104 days.
 * - `ends`: the reader's number for the pair of ends.
 * - `life`: what the record says about its connection's life; see connections.ts.
 * - `cpu`: present only where it is needed to place losses.
 * - `refused`: how many records that CPU had lost by then.
 * - `cookie`: the socket's cookie where only some records have it, else 0.
 */
export const inner = {
  ns: { name: "ns", kind: "f64" },
  ends: { name: "ends", kind: "u32" },
  life: { name: "life", kind: "u8" },
  cpu: { name: "cpu", kind: "u16" },
  refused: { name: "refused", kind: "u32" },
  cookie: { name: "cookie", kind: "f64" },
} as const satisfies Record<string, ColumnSpec>;

/** Value of `cpu` where it is not known. */
export const noCpu = 0xffff;
