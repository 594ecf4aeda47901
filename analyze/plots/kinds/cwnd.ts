/** The plot `cwnd`. */
import { noSsthresh } from "@tcpprobe-plus/tpp/columns";
import { inFlight, ofRecords, plain, type TimePlot } from "../definition.ts";

/**
 * Tracepoints do not show the timer. Between the last segment received before a timeout and the first after it, they
 * show only the change to Loss. The window kept its old value until that change. A point there stops the later value
 * from being drawn back over the whole silence. A second timeout before any segment arrives adds no point: the value
 * after the first is not known.
 */
const heldUntilLoss = (column: string): string => `
  SELECT flow, ord, t, previous AS value FROM (
    SELECT flow, ord, t, type, lag(${column}) OVER (PARTITION BY flow ORDER BY ord) AS previous
    FROM trace JOIN captures USING (capture)
    WHERE NOT counts_packets AND sees_ca_state AND (${column} IS NOT NULL OR (type = 'ca_state' AND ca_state = 'Loss'))
  ) WHERE type = 'ca_state' AND previous < ${noSsthresh}`;

/** The congestion window, the slow-start threshold and the packets in flight. */
export const cwnd: TimePlot = {
  shows: "congestion window, ssthresh, packets in flight; states, retransmissions, timeouts",
  title: "Congestion window",
  yTitle: "packets",
  alone: "cwnd (packets)",
  views: ["inflight", "_rests"],
  interpolate: "step-before",
  scales: plain,
  marks: true,
  states: true,
  series: [
    {
      name: "cwnd",
      ...ofRecords("snd_cwnd"),
      stateChangePoints: heldUntilLoss("snd_cwnd"),
      color: "blue",
      needs: { column: "snd_cwnd" },
    },
    {
      name: "ssthresh",
      ...ofRecords("ssthresh", `ssthresh < ${noSsthresh}`),
      stateChangePoints: heldUntilLoss("ssthresh"),
      color: "orange",
      dash: [5, 3],
      mayLeave: true,
      optional: true,
    },
    {
      name: "in flight",
      ...inFlight("inflight_packets"),
      color: "green",
      dash: [1.5, 1.5],
      optional: true,
    },
  ],
};
