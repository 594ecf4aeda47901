/** The views a user may query; each is sql/NAME.sql, where its columns are described. */
export const viewNames = [
  "trace",
  "flows",
  "inflight",
  "goodput",
  "rtt",
  "rto_events",
  "episodes",
  "congestion_events",
  "slow_start",
  "limits",
  "limits_by_window",
  "fairness",
  "gaps",
  "events",
  "marks",
  "intervals",
  "rtt_samples",
  "rounds",
  "captures",
  "losses",
  "not_followed",
] as const;

/** The views that compute something: all except `trace`. */
export const metricNames: readonly string[] = viewNames.filter((name) => name !== "trace");

/** The views whose rows are windows. `--window` sets their length. */
export const windowedViews: readonly string[] = ["goodput", "rtt", "fairness", "limits_by_window"];

/**
 * The views whose rows the cache keeps once all were queried: few, but made of all records. Those with windows are kept
 * for the usual length only.
 */
export const keptViews: readonly string[] = [...windowedViews, "rounds"];
