/** What the metrics tell of one flow, gathered for a diagnosis. */
import { dataFlows, endsSql } from "../commands/select.ts";
import type { Trace } from "../trace.ts";

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
  /** Runs of CWR, Recovery or Loss, and of Loss. */
  readonly loss_events: number | null;
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
  await trace.need("flows", "limits", "episodes", "rto_events", "slow_start", "_steps");
  const chosen = await dataFlows(trace, asked);
  const seconds = (name: string) => `${name}_share * life_s AS ${name}_s`;
  const rows = await trace.rows<Omit<FlowFacts, "outages">>(`
    WITH loss_runs AS (
      SELECT flow, count(CASE WHEN ca_state IN ('CWR', 'Recovery', 'Loss') THEN 1 END) AS loss_events FROM episodes GROUP BY flow
    ), rtts AS (
      SELECT flow, min(srtt_us) AS lowest_srtt_us,
        avg(CASE WHEN ca_state IN ('CWR', 'Recovery') AND previous_ca_state NOT IN ('CWR', 'Recovery', 'Loss') THEN srtt_us END) AS rtt_at_loss_us
      FROM _steps GROUP BY flow
    ), timeouts AS (
      SELECT flow, count(CASE WHEN kind <> 'window probe' THEN 1 END) AS rto_count, count(CASE WHEN spurious THEN 1 END) AS spurious_count,
        count(CASE WHEN kind = 'window probe' THEN 1 END) AS window_probes
      FROM rto_events GROUP BY flow
    )
    SELECT flows.capture, flow, ${endsSql} AS ends, captures.source, start_s, duration_s, acked_bytes, goodput_bps, sent_bytes, retransmits,
      cwnd_mean, cong, flows.crosses_gap, flows.gap_share, life_s, basis,
      ${["cwnd", "rwnd", "sndbuf", "application", "pacing", "recovery", "idle"].map((name) => `limits.${seconds(name)}`).join(", ")},
      coalesce(rtt_min_us, lowest_srtt_us) AS rtt_min_us, rtt_at_loss_us, srtt_mean_us AS rtt_mean_us,
      CASE WHEN loss_episodes IS NOT NULL THEN coalesce(loss_events, 0) END AS loss_events, cause AS slow_start_end,
      coalesce(window_probes, 0) AS window_probes, coalesce(rto_count, 0) AS rto_count, coalesce(spurious_count, 0) AS spurious_count
    FROM flows
    JOIN captures ON captures.capture = flows.capture
    JOIN limits USING (flow)
    LEFT JOIN loss_runs USING (flow)
    LEFT JOIN rtts USING (flow)
    LEFT JOIN timeouts USING (flow)
    LEFT JOIN slow_start USING (flow)
    WHERE flow IN (${chosen}) ORDER BY flow`);
  const facts: FlowFacts[] = [];
  for (const row of rows) facts.push({ ...row, outages: await outagesOf(trace, row.flow) });
  return facts;
}

const outagesOf = (trace: Trace, flow: number): Promise<Outage[]> =>
  trace.rows<Outage>(`
    SELECT *, coalesce(to_s, (SELECT max(t) FROM trace WHERE flow = ${flow})) - from_s AS lasted_s
    FROM (
      SELECT min(t - coalesce(since_ack_s, 0)) AS from_s, max(t + progress_s) AS to_s, count(*) AS timeouts, min(rto_ms) AS rto_ms
      FROM rto_events WHERE flow = ${flow} AND kind = 'retransmission' AND spurious IS NOT TRUE GROUP BY chain
    ) ORDER BY lasted_s DESC`);

/**
 * When what held the flow: its life in `pieces` windows, each by what held it longest, neighbours of one kind together.
 * Longest first.
 */
export async function periodsOf(trace: Trace, { flow, life_s }: FlowFacts, pieces = 200): Promise<Period[]> {
  await trace.need("limits_by_window");
  const names = ["cwnd", "rwnd", "application", "pacing", "recovery", "idle"];
  const most = `greatest(${names.map((name) => `${name}_s`).join(", ")})`;
  return trace.withWindow(Math.max(life_s / pieces, 1e-4), (windowed) =>
    windowed.rows<Period>(`
    WITH windows AS (
      SELECT window_start_s, window_s, CASE ${names.map((name) => `WHEN ${name}_s = ${most} THEN '${name}'`).join(" ")} END AS held_by
      FROM limits_by_window WHERE flow = ${flow}
    ), runs AS (
      SELECT *, row_number() OVER (ORDER BY window_start_s) - row_number() OVER (PARTITION BY held_by ORDER BY window_start_s) AS run FROM windows
    )
    SELECT held_by, min(window_start_s) AS from_s, max(window_start_s + window_s) AS to_s
    FROM runs GROUP BY held_by, run ORDER BY to_s - from_s DESC, from_s`),
  );
}
