/** Figures of a capture by name, and what each may become where less is known. */
import type { SqlValue } from "../../analyze/database/values.ts";
import type { Trace } from "../../analyze/index.ts";

export interface View {
  readonly view: string;
  /** SQL of what names a row, beside its connection's ends. */
  readonly key: string;
  /** What differs as less is recorded, and is meant to. */
  readonly left_out: readonly string[];
  /** What is per second of a connection's life, which ends with its last record. */
  readonly of_life?: readonly string[];
  /** The column that says how, or of how much, these are known: by another proxy they are other figures. */
  readonly basis?: { readonly column: string; readonly of: RegExp };
}

const shares = ["cwnd", "rwnd", "sndbuf", "application", "pacing", "recovery", "idle"].map((name) => `${name}_share`);

export const views: readonly View[] = [
  {
    view: "flows",
    key: "''",
    // acked_until_s says of which time acked_bytes is.
    left_out: [
      ...["start_s", "duration_s", "records", "seen", "gap_share", "crosses_gap", "limits_basis", "acked_until_s"],
    ],
    of_life: ["goodput_bps", "srtt_mean_us", "cwnd_mean", "inflight_mean_bytes", ...shares],
    basis: { column: "limits_basis", of: /_share$/ },
  },
  {
    view: "limits",
    key: "''",
    left_out: ["gap_share", "crosses_gap", "basis", "life_s", "duration_s"],
    of_life: shares,
    basis: { column: "basis", of: /_share$|_s$/ },
  },
  {
    view: "rto_events",
    key: "round(t, 6)",
    left_out: ["event", "chain", "crosses_gap", "spurious_evidence", "basis", "t"],
  },
  {
    view: "episodes",
    key: "ca_state || ' ' || round(start_s, 6)",
    left_out: ["episode", "crosses_gap", "start_s"],
  },
  {
    view: "congestion_events",
    key: "cause || ' ' || round(t, 6)",
    left_out: ["episode", "crosses_gap", "t"],
  },
  { view: "slow_start", key: "''", left_out: [] },
  { view: "goodput", key: "round(window_start_s, 6)::VARCHAR", left_out: ["crosses_gap"] },
  { view: "rtt", key: "basis || ' ' || round(window_start_s, 6)", left_out: ["crosses_gap"] },
  { view: "rounds", key: "round(start_s, 6)::VARCHAR", left_out: ["crosses_gap", "round"] },
  {
    view: "limits_by_window",
    key: "round(window_start_s, 6)::VARCHAR",
    left_out: ["crosses_gap", "told_s"],
    basis: { column: "told_s", of: /_s$/ },
  },
];

export interface Row {
  readonly values: Readonly<Record<string, SqlValue>>;
  readonly crosses_gap: boolean;
  /** The same of its connection. */
  readonly flow_crosses_gap: boolean;
  /** How long the connection was seen, and how long of that `limits` tells of. */
  readonly life_s: number;
  readonly told_s: number;
}

/** The rows of a view by connection and key. Rows of one key are left out: nothing tells which is which. */
export async function rowsOf(trace: Trace, { view, key }: View): Promise<Map<string, Row>> {
  const ends =
    "flow, saddr || ' ' || sport || ' ' || daddr || ' ' || dport AS _ends, crosses_gap AS _flow_gap, duration_s AS _life_s, (SELECT life_s FROM limits WHERE limits.flow = flows.flow) AS _told_s";
  const rows = await trace.rows<Record<string, SqlValue>>(`
    SELECT _ends || ' ' || ${view === "flows" ? "''" : `coalesce(${key}, '')`} AS _name, _flow_gap, _life_s, _told_s, ${view}.*
    FROM ${view} JOIN (SELECT ${ends} FROM flows) AS ends ON ends.flow = ${view}.flow`);
  const found = new Map<string, Row>();
  const twice = new Set<string>();
  for (const { _name, _flow_gap, _life_s, _told_s, ...values } of rows) {
    const name = String(_name);
    if (found.has(name)) twice.add(name);
    const crosses_gap = Boolean(values.crosses_gap ?? _flow_gap);
    const flow_crosses_gap = Boolean(_flow_gap);
    found.set(name, { values, crosses_gap, flow_crosses_gap, life_s: Number(_life_s), told_s: Number(_told_s) });
  }
  for (const name of twice) found.delete(name);
  return found;
}

/** Whether a list of columns in a cell names one. */
const names = (list: SqlValue | undefined, column: string): boolean =>
  String(list ?? "")
    .split(", ")
    .includes(column);

/** `tolerance`: relative. */
const isClose = (a: SqlValue, b: SqlValue, tolerance: number): boolean =>
  a === b ||
  (typeof a === "number" &&
    typeof b === "number" &&
    Math.abs(a - b) <= 1e-9 + tolerance * Math.max(Math.abs(a), Math.abs(b)));

/** What became another number, or is known where it was not: a line each. */
export function otherNumbers(view: View, before: ReadonlyMap<string, Row>, after: ReadonlyMap<string, Row>): string[] {
  const wrong: string[] = [];
  const { basis, of_life = [] } = view;
  for (const [name, { values, life_s, told_s, crosses_gap, flow_crosses_gap }] of after) {
    const known = before.get(name);
    if (!known) continue;
    const isOtherwise = basis !== undefined && values[basis.column] !== known.values[basis.column];
    const shorter = Math.abs(life_s - known.life_s) / Math.max(known.life_s, 1e-9);
    // A share of a time that is shorter by a part differs by no more than twice that part of the whole.
    const toldShorter = Math.abs(told_s - known.told_s) / Math.max(known.told_s, 1e-9);
    for (const [column, value] of Object.entries(values)) {
      if (["capture", "flow", "at_least", "about", ...view.left_out].includes(column) || value === null) continue;
      if (isOtherwise && basis.of.test(column)) continue;
      const truth = known.values[column]!;
      if (isClose(truth, value, of_life.includes(column) ? 1e-6 + 2 * shorter : 1e-6)) continue;
      // Words are of what was seen; of numbers the row names those that are bounds or approximate.
      if (crosses_gap && typeof value !== "number") continue;
      if (column.endsWith("_share") && Math.abs(Number(value) - Number(truth)) <= 2 * toldShorter) continue;
      if (names(values.at_least, column) && Number(value) < Number(truth)) continue;
      // What was approximate before, of all records, stands on the same and must be the same.
      if (names(values.about, column) && (flow_crosses_gap || !names(known.values.about, column))) continue;
      wrong.push(`${view.view}.${column} of ${name.trim()}: ${truth ?? "not known"}, then ${value}`);
    }
  }
  return wrong;
}
