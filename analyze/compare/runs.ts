/** Runs side by side: the first, and how the others differ from it. */
import { foreignText } from "@tcpprobe-plus/tpp/base";
import { type Bounds, bounded, isAbout, isLeast } from "../terminal/bounds.ts";
import { type TableColumn, unknown } from "../terminal/table.ts";
import { bitsPerSecond, bytes, count, decimals, microseconds } from "../terminal/units.ts";
import { dataFlows, endsSql } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";

type Value = number | null | undefined;

export interface Measure {
  /** Column of the rows below. */
  readonly name: string;
  readonly title: string;
  readonly show: (value: Value) => string;
}

const isKnown = (value: Value): value is number => value !== null && value !== undefined;
const share = (value: Value): string =>
  value === null || value === undefined ? unknown : `${(100 * value).toFixed(1)} %`;
const secondsText = (value: Value): string =>
  value === null || value === undefined ? unknown : `${value.toFixed(3)} s`;

export const measures: readonly Measure[] = [
  { name: "flows", title: "flows", show: count },
  { name: "duration_s", title: "duration", show: secondsText },
  { name: "acked_bytes", title: "acked", show: bytes },
  { name: "goodput_bps", title: "goodput", show: bitsPerSecond },
  { name: "jain", title: "Jain's index", show: (value) => decimals(value, 3) },
  { name: "retransmits", title: "retransmitted", show: count },
  { name: "retransmit_share", title: "retransmitted bytes", show: share },
  { name: "rtos", title: "RTOs", show: count },
  { name: "recovery_episodes", title: "recoveries", show: count },
  { name: "srtt_mean_us", title: "smoothed RTT, mean", show: microseconds },
  { name: "rtt_median_us", title: "RTT, median", show: microseconds },
  { name: "rtt_p99_us", title: "RTT, 99th percentile", show: microseconds },
  { name: "cwnd_mean", title: "cwnd, mean", show: (value) => decimals(value, 1) },
  { name: "cwnd_share", title: "limited by cwnd", show: share },
  { name: "rwnd_share", title: "by the receiver", show: share },
  { name: "application_share", title: "by the application", show: share },
  { name: "recovery_share", title: "in recovery", show: share },
  { name: "idle_share", title: "idle", show: share },
];

/**
 * SQL of a number of several flows: NULL where one of them lacks it. Beside it, of how many flows it is known and what
 * it is of these.
 */
const whole = (name: string, of: string, as = name): string =>
  `CASE WHEN count(${name}) = count(*) THEN ${of} END AS ${as}, CASE WHEN count(${name}) < count(*) THEN ${of} END AS ${as}_of_some, count(${name}) AS ${as}_flows`;

/** One row a capture, and one a flow of it; flows of the captures are matched by the order in which they began. */
const query = (chosen: string): string => `
  WITH chosen AS (
    SELECT *, ${endsSql} AS ends, row_number() OVER (PARTITION BY capture ORDER BY start_s, flow) AS place
    FROM flows WHERE flow IN (${chosen})
  ), active AS (
    SELECT goodput.capture, goodput.flow, goodput.acked_bytes, count(*) OVER (PARTITION BY goodput.capture, window_start_s) AS at_once
    FROM goodput JOIN chosen USING (flow) WHERE goodput.acked_bytes > 0 OR outstanding
  ), shares AS (
    -- In the windows in which most of them were active at once.
    SELECT capture, flow, sum(acked_bytes) AS acked_bytes
    FROM (SELECT *, max(at_once) OVER (PARTITION BY capture) AS most FROM active) WHERE at_once = most AND most > 1
    GROUP BY capture, flow
  ), together AS (
    SELECT capture, CASE WHEN count(acked_bytes) = count(*)
      THEN power(sum(acked_bytes), 2) / nullif(count(*) * sum(acked_bytes::HUGEINT * acked_bytes), 0) END AS jain
    FROM shares GROUP BY capture
  ), rows AS (
    SELECT capture, 0 AS place, NULL AS ends, count(*) AS flows, max(start_s + duration_s) - min(start_s) AS duration_s,
      ${["acked_bytes", "retransmits", "rtos", "recovery_episodes"].map((name) => whole(name, `sum(${name})`)).join(", ")},
      ${whole("acked_bytes", "sum(acked_bytes) * 8 / nullif(max(start_s + duration_s) - min(start_s), 0)", "goodput_bps")},
      max(together.jain) AS jain,
      ${whole("retransmit_share", "sum(retransmit_share * sent_bytes) / nullif(sum(sent_bytes), 0)")},
      string_agg(DISTINCT nullif(at_least, ''), ', ') AS at_least, string_agg(DISTINCT nullif(about, ''), ', ') AS about,
      ${["srtt_mean_us", "cwnd_mean", "cwnd_share", "rwnd_share", "application_share", "recovery_share", "idle_share"]
        .map((name) =>
          whole(name, `sum(${name} * duration_s) / nullif(sum(CASE WHEN ${name} IS NOT NULL THEN duration_s END), 0)`),
        )
        .join(", ")}
    FROM chosen LEFT JOIN together USING (capture) GROUP BY capture
    UNION ALL BY NAME
    SELECT capture, place, ends, duration_s, acked_bytes, goodput_bps, retransmits, retransmit_share, rtos, recovery_episodes, srtt_mean_us,
      rtt_median_us, rtt_p99_us, cwnd_mean, cwnd_share, rwnd_share, application_share, recovery_share, idle_share, at_least, about
    FROM chosen
  )
  SELECT * FROM rows ORDER BY place, capture`;

export type Row = Readonly<Record<string, Value>> &
  Bounds & {
    readonly capture: number;
    readonly place: number;
    readonly ends: string | null;
  };

export interface ComparisonTable {
  /** A line for each run: its file and the ends of its flow. Empty for all flows together. */
  readonly ends: readonly string[];
  /** The first column names the measures. */
  readonly columns: readonly TableColumn[];
}

/** SQL of the rows: place 0 is all flows of a capture together, place n its n-th flow. */
export async function comparisonSql(trace: Trace): Promise<string> {
  await trace.need("flows", "goodput");
  return query(await dataFlows(trace, undefined));
}

/** A table of all flows together, then one for each flow of those that moved most. `leftOut` counts the others. */
export async function compareRuns(trace: Trace): Promise<{ tables: ComparisonTable[]; leftOut: number }> {
  const rows = Map.groupBy((await trace.rows(await comparisonSql(trace))) as unknown as Row[], ({ place }) => place);
  const { shown, leftOut } = shownPlaces(rows);
  const counts = await trace.rows<{ counts_packets: boolean }>("SELECT counts_packets FROM captures ORDER BY capture");
  const units = counts.map(({ counts_packets }) => (counts_packets ? "segments" : "buffers"));
  return { tables: shown.map((place) => table(trace, place, rows.get(place) ?? [], units)), leftOut };
}

/** How many flows the table shows one by one. */
const mostTables = 20;

/** Place 0, which is all flows together, and those of the flows that moved most, in order. */
function shownPlaces(rows: ReadonlyMap<number, readonly Row[]>): { shown: number[]; leftOut: number } {
  const most = (place: number) => (rows.get(place) ?? []).reduce((top, row) => Math.max(top, row.acked_bytes ?? 0), 0);
  const flows = [...rows.keys()].filter((place) => place !== 0);
  const byBytes = flows
    .map((place) => ({ place, bytes: most(place) }))
    .sort((a, b) => b.bytes - a.bytes || a.place - b.place);
  const chosen = byBytes.slice(0, mostTables).map(({ place }) => place);
  return {
    shown: [...(rows.has(0) ? [0] : []), ...chosen.sort((a, b) => a - b)],
    leftOut: flows.length - chosen.length,
  };
}

/** `units`: what each capture's retransmits are: a buffer that tracepoints tell of can be several segments. */
function table(trace: Trace, place: number, rows: readonly Row[], units: readonly string[]): ComparisonTable {
  const isMixed = new Set(units).size > 1;
  const titled = ({ name, title }: Measure): string =>
    name !== "retransmits" ? title : isMixed ? "retransmitted" : `retransmitted ${units[0]}`;
  const cell = ({ name, show }: Measure, run: Row | undefined, unit: string): string => {
    const [value, some] = [run?.[name], run?.[`${name}_of_some`]];
    if (run && isKnown(some))
      return `${bounded(run, name, show(some))} of ${run[`${name}_flows`]} of ${run.flows} flows`;
    const text = bounded(run ?? {}, name, show(value));
    return name === "retransmits" && isMixed && isKnown(value) ? `${text} ${unit}` : text;
  };
  const runs = trace.captures.map((_, index) => rows.find((row) => row.capture === index + 1));
  const shown = measures.filter(({ name }) =>
    runs.some((run) => isKnown(run?.[name]) || isKnown(run?.[`${name}_of_some`])),
  );
  const columns: TableColumn[] = [
    { header: place === 0 ? "all flows" : `flow ${place} of each`, cells: shown.map(titled) },
  ];
  for (const [index, run] of runs.entries()) {
    columns.push(
      right(
        trace.captures[index]!.path,
        shown.map((measure) => cell(measure, run, units[index]!)),
      ),
    );
    if (index > 0)
      columns.push(
        right(
          "change",
          shown.map(({ name }) =>
            name === "retransmits" && units[index] !== units[0] ? unknown : boundedChange(runs[0], run, name),
          ),
        ),
      );
  }
  const ends =
    place === 0
      ? []
      : runs.map((run, index) => foreignText(`${trace.captures[index]!.path}: ${run?.ends ?? "no such flow"}`));
  return { ends, columns };
}

const right = (header: string, cells: string[]) => ({ header, cells, alignRight: true });

/**
 * The change between two numbers of which one can be a bound: then so is the change. Of two bounds nothing is known.
 */
function boundedChange(from: Row | undefined, to: Row | undefined, name: string): string {
  const text = changeText(from?.[name], to?.[name], name);
  if (text === unknown) return text;
  const [isFromLeast, isToLeast] = [isLeast(from, name), isLeast(to, name)];
  if (isFromLeast && isToLeast) return unknown;
  if (isFromLeast || isToLeast) return text === "same" ? unknown : `${isToLeast ? "≥" : "≤"} ${text}`;
  return isAbout(from, name) || isAbout(to, name) ? `≈ ${text}` : text;
}

/** A share changes by percentage points, any other number in percent. */
export function changeText(from: Value, to: Value, name: string): string {
  if (from === null || from === undefined || to === null || to === undefined) return unknown;
  const sign = to >= from ? "+" : "\u2212";
  if (name.endsWith("_share")) return `${sign}${(100 * Math.abs(to - from)).toFixed(1)} points`;
  if (from === 0) return to === 0 ? "same" : `${sign}${Math.abs(to)}`;
  return to === from ? "same" : `${sign}${((100 * Math.abs(to - from)) / Math.abs(from)).toFixed(1)} %`;
}
