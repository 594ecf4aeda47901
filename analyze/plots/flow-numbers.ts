/** The numeric columns of `flows`, and their units. */
import type { Trace } from "../trace/trace.ts";
import { byteScales, plain, rateScales, type Scales, timeScales } from "./definition.ts";

/** Numeric columns that are identifiers, not measurements. */
const names = ["capture", "flow", "sport", "dport", "pid", "cgroup_id"];

/** Columns of `flows` that are measurements. */
export async function numbersOfFlows(trace: Trace): Promise<string[]> {
  const columns = await trace.rows<{ column_name: string; column_type: string }>(
    "SELECT column_name, column_type FROM (DESCRIBE flows)",
  );
  return columns
    .filter(({ column_name, column_type }) => /INT|DOUBLE/.test(column_type) && !names.includes(column_name))
    .map(({ column_name }) => column_name);
}

const scalesBySuffix: readonly [suffix: string, scales: Scales][] = [
  ["_us", timeScales],
  ["_bps", rateScales],
  ["_bytes", byteScales],
  [
    "_s",
    [
      { from: 0, divisor: 1e-3, unit: "ms" },
      { from: 2, divisor: 1, unit: "s" },
    ],
  ],
];

/** The units of a column, by the suffix of its name. */
export const flowNumber = (column: string): Scales =>
  scalesBySuffix.find(([suffix]) => column.endsWith(suffix))?.[1] ?? plain;

/** The name of a column without its unit: `goodput_bps` is goodput. */
export const shownNumber = (column: string): string => column.replace(/_(us|bps|bytes|s)$/, "").replaceAll("_", " ");
