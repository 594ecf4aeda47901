/** Compares two dumps: which rows, columns and views differ, and by how much. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { keyColumns } from "./dump.ts";

type Cell = string | null;

interface Rows {
  /** Name and type of each column. */
  readonly columns: ReadonlyMap<string, string>;
  readonly rows: readonly ReadonlyMap<string, Cell>[];
}

export interface CompareOptions {
  /**
   * Doubles whose difference is at most this share of the larger, or of 1, count as the same: sums of one table differ
   * by some 1e-14 from run to run, with the order in which threads add. 0: to the last digit.
   */
  readonly tolerance?: number;
  /** Columns that are not looked at, as `COLUMN` or `VIEW.COLUMN`. */
  readonly ignore?: readonly string[];
  /** Examples shown of each column. */
  readonly examples?: number;
}

export interface Comparison {
  /** A line each. */
  readonly differences: readonly string[];
  /** Columns with values that differ within the tolerance, with how many values those are. */
  readonly tolerated: ReadonlyMap<string, number>;
  readonly views: number;
  readonly rows: number;
}

/** Every file of either dump against the other's. */
export async function compareDumps(before: string, after: string, options: CompareOptions = {}): Promise<Comparison> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const read = async (path: string): Promise<Rows> => {
    const reader = await connection.runAndReadAll(
      `SELECT * FROM read_csv('${path.replaceAll("'", "''")}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"',
        nullstr = '', allow_quoted_nulls = false, max_line_size = 100000000)`,
    );
    const names = reader.columnNames().map(nameAndType);
    return {
      columns: new Map(names),
      rows: (reader.getRowsJS() as Cell[][]).map((row) => new Map(row.map((cell, at) => [names[at]![0], cell]))),
    };
  };
  const differences: string[] = [];
  const tolerated = new Map<string, number>();
  let views = 0;
  let rows = 0;
  try {
    const [firsts, seconds] = [filesOf(before), filesOf(after)];
    for (const file of union(firsts, seconds)) {
      const [input, name] = file.split("/") as [string, string];
      const where = `${input} ${name.replace(/\.csv$/, "")}`;
      if (!firsts.includes(file) || !seconds.includes(file)) {
        differences.push(`${where}: only ${firsts.includes(file) ? "before" : "after"}`);
        continue;
      }
      if (!file.endsWith(".csv")) continue;
      const one = await read(join(before, file));
      const other = await read(join(after, file));
      views++;
      rows += one.rows.length;
      const view = name.replace(/(-[\d.]+)?\.csv$/, "");
      differences.push(...compareRows(one, other, view, tolerated, options).map((line) => `${where}: ${line}`));
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  return { differences, tolerated, views, rows };
}

/** INPUT/FILE of a dump. */
const filesOf = (dump: string): string[] =>
  readdirSync(dump, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(dump, name)).map((file) => `${name}/${file}`));

const union = (one: readonly string[], other: readonly string[]): string[] => [...new Set([...one, ...other])].sort();

function nameAndType(title: string): [string, string] {
  const colon = title.indexOf(":");
  return colon < 0 ? [title, ""] : [title.slice(0, colon), title.slice(colon + 1)];
}

function compareRows(
  before: Rows,
  after: Rows,
  view: string,
  tolerated: Map<string, number>,
  options: CompareOptions,
): string[] {
  const { tolerance = 0, ignore = [], examples = 2 } = options;
  const looked = (name: string): boolean => !ignore.includes(name) && !ignore.includes(`${view}.${name}`);
  const lines: string[] = [];
  const shared: string[] = [];
  for (const name of union([...before.columns.keys()], [...after.columns.keys()]).filter(looked)) {
    const types = [before.columns.get(name), after.columns.get(name)];
    if (types[0] === undefined || types[1] === undefined) {
      lines.push(`column ${name} only ${types[0] === undefined ? "after" : "before"}`);
      continue;
    }
    shared.push(name);
    if (types[0] !== types[1]) lines.push(`column ${name}: type ${types[0]} -> ${types[1]}`);
  }
  const keys = ["key", ...keyColumns].filter((name) => shared.includes(name));
  const firsts = byKey(before.rows, keys);
  const seconds = byKey(after.rows, keys);
  const onlyBefore = [...firsts.keys()].filter((key) => !seconds.has(key));
  const onlyAfter = [...seconds.keys()].filter((key) => !firsts.has(key));
  for (const [side, only] of [
    ["before", onlyBefore],
    ["after", onlyAfter],
  ] as const)
    if (only.length > 0) lines.push(`${only.length} rows only ${side}: ${only.slice(0, examples).join("; ")}`);
  const found = new Map<string, { count: number; largest: number; shown: string[] }>();
  for (const [key, row] of firsts) {
    const other = seconds.get(key);
    if (!other) continue;
    for (const name of shared) {
      const [a, b] = [row.get(name) ?? null, other.get(name) ?? null];
      if (a === b) continue;
      if (before.columns.get(name) === "DOUBLE" && apart(a, b) <= tolerance) {
        tolerated.set(`${view}.${name}`, (tolerated.get(`${view}.${name}`) ?? 0) + 1);
        continue;
      }
      const column = found.get(name) ?? { count: 0, largest: 0, shown: [] };
      column.count++;
      column.largest = Math.max(column.largest, apart(a, b));
      if (column.shown.length < examples) column.shown.push(`${key}: ${a ?? "NULL"} -> ${b ?? "NULL"}`);
      found.set(name, column);
    }
  }
  for (const [name, { count, largest, shown }] of found) {
    const size = Number.isFinite(largest) && largest > 0 ? ` by up to ${largest.toPrecision(2)} of the value` : "";
    lines.push(`column ${name} differs in ${count} of ${firsts.size} rows${size} (${shown.join("; ")})`);
  }
  return lines;
}

/** Rows by what identifies them; equal ones are told apart by their order. */
function byKey(rows: Rows["rows"], keys: readonly string[]): Map<string, ReadonlyMap<string, Cell>> {
  const seen = new Map<string, number>();
  const found = new Map<string, ReadonlyMap<string, Cell>>();
  for (const row of rows) {
    const key = keys.map((name) => `${name} ${row.get(name) ?? "NULL"}`).join(", ");
    const place = (seen.get(key) ?? 0) + 1;
    seen.set(key, place);
    found.set(place === 1 ? key : `${key} (${place})`, row);
  }
  return found;
}

/** How far two values are from each other: for numbers as a share of the larger, or of 1; else without bound. */
function apart(a: Cell, b: Cell): number {
  if (a === null || b === null) return Number.POSITIVE_INFINITY;
  const [one, other] = [Number(a), Number(b)];
  if (!Number.isFinite(one) || !Number.isFinite(other)) return Number.POSITIVE_INFINITY;
  return Math.abs(one - other) / Math.max(Math.abs(one), Math.abs(other), 1);
}
