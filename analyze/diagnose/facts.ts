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
  /** Columns of `flows` whose number is a lower bound, and those whose number is approximate. */
  readonly at_least: string;
  readonly about: string;
  readonly gap_share: number | null;
  /**
   * `limits`, in seconds. Null: not known. From tracepoints without congestion states recovery_s is null, and the
   * others are what held it unless it was in recovery. Where the capture left out records, only the kernel's own times
   * are known.
   */
  readonly life_s: number;
  readonly basis: string;
  readonly cwnd_s: number | null;
  readonly rwnd_s: number | null;
  readonly sndbuf_s: number | null;
  readonly application_s: number | null;
  readonly pacing_s: number | null;
  readonly recovery_s: number | null;
  readonly idle_s: number | null;
  /** Of idle_s, from tracepoints: what no more than two segments followed, as where a low rate paces. */
  readonly lull_s: number;
  /**
   * Of cwnd_s, from tracepoints and where the algorithm is not told: with room for a segment or more, so that pacing
   * can have held it as well.
   */
  readonly nearly_full_s: number;
  /** Size of a full segment; null: not told. */
  readonly segment_bytes: number | null;
  /** Round-trip times, us: the smallest between the two hosts, and the mean as losses were met. */
  readonly rtt_min_us: number | null;
  readonly rtt_at_loss_us: number | null;
  readonly rtt_mean_us: number | null;
  /**
   * Runs of Recovery or Loss that were not undone; from polls, runs of polls that show something lost or sent again,
   * so there can be more.
   */
  readonly loss_events: number | null;
  /** Such runs that the kernel undid: nothing had been lost. Null where the source tells no states. */
  readonly undone_recoveries: number | null;
  /** Whether recoveries lower the window; null: there were none, or it is not told. */
  readonly losses_lower_window: boolean | null;
  /**
   * Where the smoothed RTT as losses began lies among that of all records: mean of the share that is below it, 0 to 1;
   * null without losses. Losses at random meet any, so 0.5 on average; a queue that overflows is at its fullest.
   */
  readonly loss_rtt_rank: number | null;
  /** Runs of CWR: the window came down without a loss. */
  readonly congestion_signals: number | null;
  readonly slow_start_end: string | null;
  readonly window_probes: number;
  /** Chains of timeouts, longest wait first. */
  readonly outages: readonly Outage[];
  /** From polls: the commonest Send-Q, and its share of the polls that show any. */
  readonly send_queue_bytes: number | null;
  readonly send_queue_share: number | null;
  /**
   * From polls that tell the socket's memory: the share of those with something in flight and nothing to hold it that
   * show a send buffer so full that an application may be waiting for room. The kernel wakes it once what is free is
   * half of what is taken (sk_stream_is_writeable), so below two thirds it does not wait. Null: not told.
   */
  readonly full_sndbuf_share: number | null;
  readonly rto_count: number;
  readonly spurious_count: number;
  /** The capture left out records, so what is between two is not known. */
  readonly sampled: boolean;
  /** Records are polls, so what is between two is not known. */
  readonly polled: boolean;
  /** Time between two polls, median, seconds; 0 of a source that does not poll. */
  readonly poll_s: number;
}

/**
 * A chain of timeouts: from the last segment received before it until new data was acknowledged. From polls: at least
 * so many, between polls that show the same bytes acknowledged.
 */
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
  const seconds = (name: string) => `limits.${name}_share * life_s`;
  // What tracepoints tell without congestion states is no share of its time, but names the group.
  const grouped = (name: string) => `CASE WHEN basis = 'tracepoints' THEN own.${name}_s END`;
  const rows = await trace.rows<Omit<FlowFacts, "outages">>(`
    WITH runs AS (
      SELECT flow, ca_state, undone, start_s, start_s + duration_s AS end_s FROM episodes WHERE flow IN (${chosen})
    ), met AS (
      SELECT flow, undone FROM runs WHERE ca_state IN ('Recovery', 'Loss')
      UNION ALL
      SELECT flow, false FROM intervals JOIN captures USING (capture)
      WHERE polled AND recovery_run IS NOT NULL AND flow IN (${chosen}) GROUP BY flow, recovery_run
    ), loss_runs AS (
      SELECT flow, count(CASE WHEN undone IS NOT TRUE THEN 1 END) AS loss_events, count(CASE WHEN undone THEN 1 END) AS undone_recoveries
      FROM met GROUP BY flow
    ), histogram AS (
      -- Of the smoothed RTT, in steps of about 0.1 %.
      SELECT flow, ${rttStep} AS step, count(*) AS times FROM intervals WHERE srtt_us > 0 AND flow IN (${chosen}) GROUP BY ALL
    ), ranks AS (
      SELECT flow, step,
        (sum(times) OVER (PARTITION BY flow ORDER BY step) - times / 2) / sum(times) OVER (PARTITION BY flow) AS rank
      FROM histogram
    ), beginnings AS (
      SELECT flow, recovery_run, min_by(srtt_us, ord) AS srtt_us, min(since_s) AS since_s
      FROM intervals WHERE recovery_run IS NOT NULL AND srtt_us > 0 AND flow IN (${chosen}) GROUP BY flow, recovery_run
    ), loss_rtts AS (
      SELECT flow, avg(rank) AS loss_rtt_rank, avg(srtt_us) AS rtt_at_loss_us
      FROM (SELECT *, ${rttStep} AS step FROM beginnings) AS beginnings JOIN ranks USING (flow, step)
      -- One that was undone met no loss.
      WHERE NOT EXISTS (
        SELECT 1 FROM runs WHERE runs.flow = beginnings.flow AND undone AND beginnings.since_s BETWEEN start_s - 1e-6 AND end_s
      )
      GROUP BY flow
    ), signals AS (
      SELECT flow, count(*) AS congestion_signals FROM runs WHERE ca_state = 'CWR' GROUP BY flow
    ), rtts AS (
      SELECT flow,
        coalesce(sum(CASE WHEN basis = 'tracepoints' AND inflight_bytes <= 2 * segment_bytes THEN idle_s END), 0) AS lull_s,
        coalesce(sum(CASE WHEN (basis = 'tracepoints' OR algorithm IS NULL) AND held_by = 'cwnd' AND inflight_bytes <= (snd_cwnd - 1) * segment_bytes
          THEN duration_s - idle_s END), 0) AS nearly_full_s,
        median(segment_bytes) AS segment_bytes,
        CASE WHEN count(lowers_window) > 0 THEN count(CASE WHEN lowers_window THEN 1 END) * 2 > count(lowers_window) END AS losses_lower_window
      FROM intervals JOIN limits USING (flow) JOIN (SELECT flow, cong AS algorithm FROM flows) AS told USING (flow)
      WHERE flow IN (${chosen}) GROUP BY flow
    ), polls AS (
      SELECT flow, median(duration_s) AS poll_s FROM intervals JOIN captures USING (capture)
      WHERE polled AND flow IN (${chosen}) GROUP BY flow
    ), paths AS (
      -- Of any connection between the two hosts: one that begins while a queue stands never sees the path without.
      SELECT flow, min(coalesce(rtt_min_us, srtt_min_us)) OVER (PARTITION BY capture, saddr, daddr) AS path_rtt_us FROM flows
    ), queues AS (
      SELECT flow, max_by(wqueue_bytes, times) AS send_queue_bytes, max(times) / sum(times) AS send_queue_share
      FROM (
        SELECT flow, wqueue_bytes, count(*) AS times
        FROM trace JOIN captures USING (capture) WHERE polled AND wqueue_bytes > 0 GROUP BY flow, wqueue_bytes
      ) GROUP BY flow
    ), memory AS (
      SELECT flow, count(CASE WHEN wmem_queued_bytes * 3 >= sndbuf_bytes::BIGINT * 2 THEN 1 END) / count(*) AS full_sndbuf_share
      FROM trace JOIN captures USING (capture)
        JOIN (SELECT flow, ord FROM intervals JOIN captures USING (capture) WHERE polled AND held_by = 'application') AS held USING (flow, ord)
      WHERE polled AND sndbuf_bytes > 0 AND wmem_queued_bytes IS NOT NULL GROUP BY flow
    ), timeouts AS (
      SELECT flow, count(CASE WHEN kind <> 'window probe' THEN 1 END) AS rto_count, count(CASE WHEN spurious THEN 1 END) AS spurious_count,
        count(CASE WHEN kind = 'window probe' THEN 1 END) AS window_probes
      FROM rto_events GROUP BY flow
    )
    SELECT flows.capture, flow, ${endsSql} AS ends, captures.source, start_s, duration_s, acked_bytes, goodput_bps, sent_bytes, retransmits,
      cwnd_mean, cong, flows.crosses_gap, flows.gap_share, flows.at_least, flows.about, life_s, basis,
      ${["sndbuf", "pacing", "recovery"].map((name) => `${seconds(name)} AS ${name}_s`).join(", ")},
      ${["cwnd", "rwnd", "application", "idle"].map((name) => `coalesce(${seconds(name)}, ${grouped(name)}) AS ${name}_s`).join(", ")},
      path_rtt_us AS rtt_min_us, rtt_at_loss_us, loss_rtt_rank, srtt_mean_us AS rtt_mean_us,
      lull_s, nearly_full_s, segment_bytes, losses_lower_window,
      send_queue_bytes, send_queue_share, full_sndbuf_share, sampled, polled, coalesce(poll_s, 0) AS poll_s,
      CASE WHEN loss_episodes IS NOT NULL OR polled THEN coalesce(loss_events, 0) END AS loss_events,
      CASE WHEN loss_episodes IS NOT NULL THEN coalesce(undone_recoveries, 0) END AS undone_recoveries,
      CASE WHEN loss_episodes IS NOT NULL THEN coalesce(congestion_signals, 0) END AS congestion_signals,
      CASE WHEN sampled OR slow_start.flow IS NOT NULL THEN coalesce(cause, 'not known') END AS slow_start_end,
      coalesce(window_probes, 0) AS window_probes, coalesce(rto_count, 0) AS rto_count, coalesce(spurious_count, 0) AS spurious_count
    FROM flows
    JOIN captures ON captures.capture = flows.capture
    JOIN limits USING (flow)
    JOIN (SELECT flow, cwnd_s, rwnd_s, application_s, idle_s FROM _connections) AS own USING (flow)
    JOIN paths USING (flow)
    LEFT JOIN loss_runs USING (flow)
    LEFT JOIN loss_rtts USING (flow)
    LEFT JOIN signals USING (flow)
    LEFT JOIN queues USING (flow)
    LEFT JOIN memory USING (flow)
    LEFT JOIN rtts USING (flow)
    LEFT JOIN polls USING (flow)
    LEFT JOIN timeouts USING (flow)
    LEFT JOIN slow_start USING (flow)
    WHERE flow IN (${chosen}) ORDER BY flow`);
  const outages = await outagesOf(trace, chosen);
  return rows.map((row) => ({ ...row, outages: outages.get(row.flow) ?? [] }));
}

/** SQL of the step of the histogram in which a smoothed RTT lies. */
const rttStep = "floor(512 * log2(srtt_us))";

/** By flow, longest first. */
async function outagesOf(trace: Trace, chosen: string): Promise<Map<number, Outage[]>> {
  const rows = await trace.rows<Outage & { readonly flow: number }>(`
    SELECT flow, from_s, to_s, coalesce(to_s, last_s) - from_s AS lasted_s, timeouts, rto_ms
    FROM (
      SELECT flow, min(t - coalesce(since_ack_s, 0)) AS from_s, max(t + progress_s) AS to_s, count(*) AS timeouts, min(rto_ms) AS rto_ms
      FROM rto_events WHERE flow IN (${chosen}) AND kind = 'retransmission' AND spurious IS NOT TRUE GROUP BY flow, chain
      UNION ALL
      SELECT flow, min(t), max(t), max(backoff), min(CASE WHEN backoff = 0 THEN rto_ms END)
      FROM trace JOIN captures USING (capture)
      WHERE polled AND flow IN (${chosen}) AND packets_out > 0 GROUP BY flow, bytes_acked HAVING max(backoff) > 0
    ) JOIN (SELECT flow, max(t) AS last_s FROM trace GROUP BY flow) USING (flow)
    ORDER BY flow, lasted_s DESC, from_s`);
  return byFlow(rows);
}

/** How many windows a flow's time is divided into … */
const windows = 200;
/** … and the shortest such window, seconds. */
const shortestWindow = 1e-4;

/** What can hold a flow. Of two that held it as long, the first names a window. */
export const holders = ["cwnd", "rwnd", "application", "pacing", "recovery", "idle"] as const;

/** What held a flow in windows of equal length, in order of time. Windows of which nothing is told are left out. */
export interface HeldWindows {
  readonly window_s: number;
  readonly start_s: number[];
  /** How long each of `holders` held it in each window, nanoseconds. */
  readonly held_ns: readonly number[][];
}

/**
 * A flow's time is divided into windows. One query does it for all flows. Times are summed in whole nanoseconds, so
 * that the order of adding makes no difference.
 */
export async function heldWindowsOf(trace: Trace, flows: readonly FlowFacts[]): Promise<Map<number, HeldWindows>> {
  const found = new Map<number, HeldWindows>();
  if (flows.length === 0) return found;
  await trace.need("_held");
  const sums = holders.map((name) => `coalesce(sum(CASE WHEN held_by = '${name}' THEN held_ns END), 0)::DOUBLE`);
  const lengths = flows.map(({ flow, life_s }) => `(${flow}, ${Math.max(life_s / windows, shortestWindow)}::DOUBLE)`);
  const [of, start, length, ...held] = await trace.database.doubles(`
    WITH held AS (
      SELECT flow, held_by, since_s, t, window_s, floor(since_s / window_s)::BIGINT AS first_w, floor(t / window_s)::BIGINT AS last_w
      FROM _held JOIN (VALUES ${lengths.join(", ")}) AS lengths (flow, window_s) USING (flow)
    ), parts AS (
      -- Of the intervals with the same first and last window: what of them lies in these. So few rows have to be cut.
      SELECT flow, held_by, window_s, first_w, last_w, count(*) AS intervals,
        sum(round((least(t, (first_w + 1) * window_s) - since_s) * 1e9)::BIGINT) AS first_ns,
        sum(round((t - greatest(since_s, last_w * window_s)) * 1e9)::BIGINT) AS last_ns
      FROM held GROUP BY ALL
    ), cut AS (
      SELECT *, unnest(range(first_w, last_w + 1)) AS w FROM parts
    )
    SELECT flow::DOUBLE, round(w * window_s, 9), window_s, ${sums.join(", ")}
    FROM (
      SELECT *, CASE WHEN w = first_w THEN first_ns WHEN w = last_w THEN last_ns
        ELSE intervals * round(((w + 1) * window_s - w * window_s) * 1e9)::BIGINT END AS held_ns
      FROM cut
    )
    GROUP BY flow, w, window_s HAVING sum(held_ns) > 0 ORDER BY flow, w`);
  if (!of || !start || !length) return found;
  for (let row = 0; row < of.length; row++) {
    const flow = of[row]!;
    const own = found.get(flow) ?? { window_s: length[row]!, start_s: [], held_ns: holders.map(() => []) };
    found.set(flow, own);
    own.start_s.push(start[row]!);
    for (const [index, times] of own.held_ns.entries()) times.push(held[index]![row]!);
  }
  return found;
}

/**
 * The periods in which one thing held a flow, longest first. What held the flow longest in a window names the window,
 * and adjacent windows of one name are one period.
 */
export function periodsOf({ window_s, start_s, held_ns }: HeldWindows): Period[] {
  const periods: { held_by: string; from_s: number; to_s: number }[] = [];
  for (const [at, from_s] of start_s.entries()) {
    const longest = held_ns.reduce((most, times) => Math.max(most, times[at]!), 0);
    const held_by = holders[held_ns.findIndex((times) => times[at] === longest)]!;
    const last = periods.at(-1);
    if (last?.held_by === held_by) last.to_s = from_s + window_s;
    else periods.push({ held_by, from_s, to_s: from_s + window_s });
  }
  const lasts = ({ from_s, to_s }: Period) => Math.round((to_s - from_s) * 1e9);
  return periods.sort((a, b) => lasts(b) - lasts(a) || a.from_s - b.from_s);
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
