import { noSsthresh } from "@tcpprobe-plus/tpp/columns";
import { type PlotDefinition, palette } from "../definition.ts";

/**
 * Tracepoints show no timer: between the last segment received before a timeout and the first after it, only the change
 * to Loss is seen. The window held its old value up to that change, so a point there keeps the later value from being
 * drawn back over the whole silence. A second timeout before any segment arrives adds nothing: the value since is not
 * known.
 */
const heldUntilLoss = (column: string): string => `
  SELECT flow, ord, t, previous AS value FROM (
    SELECT flow, ord, t, type, lag(${column}) OVER (PARTITION BY flow ORDER BY ord) AS previous
    FROM trace JOIN captures USING (capture)
    WHERE NOT counts_packets AND sees_ca_state AND (${column} IS NOT NULL OR (type = 'ca_state' AND ca_state = 'Loss'))
  ) WHERE type = 'ca_state' AND previous < ${noSsthresh}`;

/** The congestion window and the slow-start threshold, in packets. */
export const cwnd: PlotDefinition = {
  title: "Congestion window",
  yTitle: "packets",
  views: [],
  interpolate: "step-before",
  scales: [{ from: 0, divisor: 1, unit: "" }],
  series: [
    {
      name: "cwnd",
      points: "SELECT flow, ord, t, snd_cwnd AS value FROM trace WHERE snd_cwnd IS NOT NULL",
      stateChangePoints: heldUntilLoss("snd_cwnd"),
      color: palette.blue,
      needs: { column: "snd_cwnd" },
    },
    {
      name: "ssthresh",
      points: `SELECT flow, ord, t, ssthresh AS value FROM trace WHERE ssthresh < ${noSsthresh}`,
      stateChangePoints: heldUntilLoss("ssthresh"),
      color: palette.orange,
      dash: [5, 3],
      optional: true,
    },
  ],
};
