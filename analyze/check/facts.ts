/** What an assertion is about: a row of `flows`, with counts of the flow's other rows. */

/** Names of what is counted: where records were lost or are not all there (`at_least`), there can be more. */
const counted: readonly string[] = [
  ...["records", "sent_bytes", "sends", "retransmits", "resets", "loss_episodes", "recovery_episodes", "rtos"],
  ...["rto_events", "spurious_rtos", "window_probes", "acked_bytes", "cwnd_max"],
];
const exactAcrossLoss: readonly string[] = ["acked_bytes"];
/** More than any capture holds, and little enough to be summed. */
const most = "1000000000000000";

/**
 * SQL of the rows. What a source does not see is NULL. `gaps` is of the whole capture. `lost`: as many as there can be,
 * where records of the capture were lost during the flow: the counts of the plain rows are the least.
 */
export function factsSql(lost: "least" | "most"): string {
  const plain = `
  SELECT flows.*,
    CASE WHEN sees_timers OR (sees_ca_state AND NOT polled) THEN coalesce(rto_count, 0) END AS rto_events,
    CASE WHEN (sees_timers OR (sees_ca_state AND NOT polled)) AND coalesce(untold_count, 0) = 0 THEN coalesce(spurious_count, 0) END
      AS spurious_rtos,
    CASE WHEN sees_timers THEN coalesce(probe_count, 0) END AS window_probes,
    coalesce(gap_count, 0) AS gaps
  FROM flows
  JOIN captures ON captures.capture = flows.capture
  LEFT JOIN (
    SELECT capture, flow, count(CASE WHEN kind <> 'window probe' THEN 1 END) AS rto_count, count(CASE WHEN spurious THEN 1 END) AS spurious_count,
      count(CASE WHEN kind = 'retransmission' AND spurious IS NULL THEN 1 END) AS untold_count,
      count(CASE WHEN kind = 'window probe' THEN 1 END) AS probe_count
    FROM rto_events GROUP BY capture, flow
  ) AS timeouts ON timeouts.capture = flows.capture AND timeouts.flow = flows.flow
  LEFT JOIN (SELECT capture, count(*) AS gap_count FROM gaps GROUP BY capture) AS lost ON lost.capture = flows.capture`;
  if (lost === "least") return plain;
  const raised = counted.map((name) => `CASE WHEN ${isLeast(name)} THEN ${name} + ${most} ELSE ${name} END AS ${name}`);
  return `SELECT * REPLACE (${raised.join(", ")}) FROM (${plain})`;
}

/** SQL of whether a count is the least that it can be. What the kernel counts and snd_una are exact across a loss. */
const isLeast = (name: string): string =>
  `${exactAcrossLoss.includes(name) ? "" : "crosses_gap OR "}list_contains(string_split(at_least, ', '), '${name}')`;

export const isCounted = (name: string): boolean => counted.includes(name);
