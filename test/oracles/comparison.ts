/** The outcome of comparing one number with its witness. */

export type Verdict = "exact" | "within" | "explained" | "differs";

export interface Comparison {
  readonly metric: Metric;
  /** What of the run, where there is more than one connection. */
  readonly part?: string;
  readonly ours: string;
  readonly witness: string;
  readonly difference: string;
  readonly verdict: Verdict;
  /** Why, where it is not simply equal. */
  readonly note?: string;
}

/** Each with how close it has to be; docs/accuracy.md explains them in this order. */
export const metrics = {
  connections: "exact",
  "time of day": "1 ms",
  "bytes acknowledged": "exact",
  "bytes acknowledged (iperf3)": "exact",
  retransmissions: "exact",
  "retransmissions by connection": "exact",
  timeouts: "exact",
  "bytes in flight": "exact at each record",
  "goodput by second": "0.1 %",
  "smoothed RTT": "5 %, or 0.1 ms",
  "completion time": "1 ms",
  "limits: receiver": "5 % of the connection's life",
  "limits: send buffer": "5 % of the connection's life",
  "limits: busy": "5 % of the connection's life",
  "limits by records: receiver": "reported",
  "limits by records: busy": "reported",
} as const;

export type Metric = keyof typeof metrics;

export function exactly(metric: Metric, ours: number | null, witness: number, part?: string): Comparison {
  const difference = ours === null ? "not seen" : String(ours - witness);
  const verdict = ours === witness ? "exact" : "differs";
  return { metric, ours: text(ours), witness: text(witness), difference, verdict, ...(part ? { part } : {}) };
}

export const text = (value: number | null): string => (value === null ? "-" : String(value));
