/** The metrics of one flow that a diagnosis needs. */
import { dataFlows, endsSql } from "../trace/select.ts";
import type { Trace } from "../trace/trace.ts";

export interface FlowFacts {
  readonly capture: number;
  readonly flow: number;
  readonly ends: string;
  readonly source: string;
  readonly start_s: number;
  readonly duration_s: number;
  readonly acked_bytes: number | null;
  readonly goodput_bps: number | null;
  readonly sent_bytes: number | null;
  readonly retransmits: number | null;
  readonly cwnd_mean: number | null;
  readonly cong: string | null;
  readonly crosses_gap: boolean;
  readonly gap_share: number | null;
  /** `limits`, in seconds. */
  readonly life_s: number;
  readonly basis: string;
  readonly cwnd_s: number;
  readonly rwnd_s: number;
  readonly sndbuf_s: number | null;
  readonly application_s: number;
  readonly pacing_s: number | null;
  readonly recovery_s: number | null;
  readonly idle_s: number;
  /** Round-trip times, us: smallest, and the mean as losses were met. */
  readonly rtt_min_us: number | null;
  readonly rtt_at_loss_us: number | null;
  readonly rtt_mean_us: number | null;
  /** Runs of Recovery or Loss. */
  readonly loss_events: number | null;
  /** Runs of CWR: the window came down without a loss. */
  readonly congestion_signals: number | null;
  readonly slow_start_end: string | null;
  readonly window_probes: number;
  /** Chains of timeouts, longest wait first. */
  readonly outages: readonly Outage[];
  readonly rto_count: number;
  readonly spurious_count: number;
}

/** A chain of timeouts: from the last segment received before it until new data was acknowledged. */
export interface Outage {
  readonly from_s: number;
  /** Null where the trace ends first. */
  readonly to_s: number | null;
  readonly lasted_s: number;
  readonly timeouts: number;
  readonly rto_ms: number | null;
}

/** A stretch of time in which one thing held the flow most. */
export interface Period {
  readonly held_by: string;
  readonly from_s: number;
  readonly to_s: number;
}

export async function gatherFacts(trace: Trace, asked: readonly number[] | undefined): Promise<FlowFacts[]> {
  await trace.need("flows", "limits", "episodes", "rto_events", "slow_start", "intervals");
  const chosen = await dataFlows(trace, asked);
  const seconds = (name: string) => `${name}_share * life_s AS ${name}_s`;
  const rows = await trace.rows<Omit<FlowFacts, "outages">>(`
    WITH loss_runs AS (
      SELECT flow, count(CASE WHEN ca_state IN ('Recovery', 'Loss') THEN 1 END) AS loss_events,
        count(CASE WHEN ca_state = 'CWR' THEN 1 END) AS congestion_signals
      FROM episodes GROUP BY flow
    ), rtts AS (
      SELECT flow, min(srtt_us) AS lowest_srtt_us,
        avg(CASE WHEN ca_state = 'Recovery' AND previous_ca_state NOT IN ('CWR', 'Recovery', 'Loss') THEN srtt_us END) AS rtt_at_loss_us
      FROM intervals GROUP BY flow
    ), timeouts AS (
      SELECT flow, count(CASE WHEN kind <> 'window probe' THEN 1 END) AS rto_count, count(CASE WHEN spurious THEN 1 END) AS spurious_count,
        count(CASE WHEN kind = 'window probe' THEN 1 END) AS window_probes
      FROM rto_events GROUP BY flow
    )
    SELECT flows.capture, flow, ${endsSql} AS ends, captures.source, start_s, duration_s, acked_bytes, goodput_bps, sent_bytes, retransmits,
      cwnd_mean, cong, flows.crosses_gap, flows.gap_share, life_s, basis,
      ${["cwnd", "rwnd", "sndbuf", "application", "pacing", "recovery", "idle"].map((name) => `limits.${seconds(name)}`).join(", ")},
      coalesce(rtt_min_us, lowest_srtt_us) AS rtt_min_us, rtt_at_loss_us, srtt_mean_us AS rtt_mean_us,
      CASE WHEN loss_episodes IS NOT NULL THEN coalesce(loss_events, 0) END AS loss_events,
      CASE WHEN loss_episodes IS NOT NULL THEN coalesce(congestion_signals, 0) END AS congestion_signals,
      CASE WHEN exit_s IS NOT NULL THEN coalesce(cause, 'not known') END AS slow_start_end,
      coalesce(window_probes, 0) AS window_probes, coalesce(rto_count, 0) AS rto_count, coalesce(spurious_count, 0) AS spurious_count
    FROM flows
    JOIN captures ON captures.capture = flows.capture
    JOIN limits USING (flow)
    LEFT JOIN loss_runs USING (flow)
    LEFT JOIN rtts USING (flow)
    LEFT JOIN timeouts USING (flow)
    LEFT JOIN slow_start USING (flow)
    WHERE flow IN (${chosen}) ORDER BY flow`);
  const outages = await outagesOf(trace, chosen);
  return rows.map((row) => ({ ...row, outages: outages.get(row.flow) ?? [] }));
}

/** By flow, longest first. */
async function outagesOf(trace: Trace, chosen: string): Promise<Map<number, Outage[]>> {
  const rows = await trace.rows<Outage & { readonly flow: number }>(`
    SELECT flow, from_s, to_s, coalesce(to_s, last_s) - from_s AS lasted_s, timeouts, rto_ms
    FROM (
      SELECT flow, min(t - coalesce(since_ack_s, 0)) AS from_s, max(t + progress_s) AS to_s, count(*) AS timeouts, min(rto_ms) AS rto_ms
      FROM rto_events WHERE flow IN (${chosen}) AND kind = 'retransmission' AND spurious IS NOT TRUE GROUP BY flow, chain
    ) JOIN (SELECT flow, max(t) AS last_s FROM trace GROUP BY flow) USING (flow)
    ORDER BY flow, lasted_s DESC, from_s`);
  return byFlow(rows);
}

/** How many windows a flow's time is divided into … */
const windows = 200;
/** … and the shortest such window, seconds. */
const shortestWindow = 1e-4;

/**
 * The periods in which one thing held a flow, longest first. A flow's time is divided into windows. What held the flow
 * longest in a window names the window, and adjacent windows of one name are one period. One query does it for all
 * flows. Times are summed in whole nanoseconds, so that the order of adding makes no difference.
 */
export async function periodsOf(trace: Trace, flows: readonly FlowFacts[]): Promise<Map<number, Period[]>> {
  if (flows.length === 0) return new Map();
  await trace.need("_held");
  const names = ["cwnd", "rwnd", "application", "pacing", "recovery", "idle"];
  const sums = names.map((name) => `coalesce(sum(CASE WHEN held_by = '${name}' THEN held_ns END), 0) AS ${name}_ns`);
  const most = `greatest(${names.map((name) => `${name}_ns`).join(", ")})`;
  const lengths = flows.map(({ flow, life_s }) => `(${flow}, ${Math.max(life_s / windows, shortestWindow)}::DOUBLE)`);
  const rows = await trace.rows<Period & { readonly flow: number }>(`
    WITH held AS (
      SELECT flow, held_by, since_s, t, window_s, floor(since_s / window_s)::BIGINT AS first_w, floor(t / window_s)::BIGINT AS last_w
      FROM _held JOIN (VALUES ${lengths.join(", ")}) AS lengths (flow, window_s) USING (flow)
    ), cut AS (
      SELECT *, unnest(range(first_w, last_w + 1)) AS w FROM held
    ), summed AS (
      SELECT flow, w, window_s, ${sums.join(", ")}
      FROM (
        SELECT *, round((least(t, (w + 1) * window_s) - greatest(since_s, w * window_s)) * 1e9)::BIGINT AS held_ns FROM cut
      )
      GROUP BY flow, w, window_s HAVING sum(held_ns) > 0
    ), told AS (
      SELECT flow, w, window_s, round(w * window_s, 9) AS window_start_s,
        CASE ${names.map((name) => `WHEN ${name}_ns = ${most} THEN '${name}'`).join(" ")} END AS held_by
      FROM summed
    ), runs AS (
      SELECT *, row_number() OVER (PARTITION BY flow ORDER BY w) - row_number() OVER (PARTITION BY flow, held_by ORDER BY w) AS run
      FROM told
    )
    SELECT flow, held_by, min(window_start_s) AS from_s, max(window_start_s + window_s) AS to_s
    FROM runs GROUP BY flow, held_by, run ORDER BY flow, round(to_s - from_s, 9) DESC, from_s`);
  return byFlow(rows);
}

function byFlow<Row extends { readonly flow: number }>(rows: readonly Row[]): Map<number, Omit<Row, "flow">[]> {
  const all = new Map<number, Omit<Row, "flow">[]>();
  for (const { flow, ...row } of rows) {
    const those = all.get(flow);
    if (those) those.push(row);
    else all.set(flow, [row]);
  }
  return all;
}
