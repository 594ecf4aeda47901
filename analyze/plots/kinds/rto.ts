/** The plot `rto`. */
import type { TimePlot } from "../definition.ts";

/** The retransmission timeout in force, and each expiry with its place in a chain of backoffs (RFC 6298, 5.5). */
export const rto: TimePlot = {
  shows: "retransmission timeout in force, each expiry, and the chains in which it backs off",
  title: "Retransmission timeout",
  yTitle: "timer",
  views: ["rto_events"],
  interpolate: "step-before",
  scales: [
    { from: 0, divisor: 1, unit: "ms" },
    { from: 5000, divisor: 1000, unit: "s" },
  ],
  states: true,
  marks: true,
  series: [
    {
      name: "RTO in force",
      points: "SELECT flow, ord, t, rto_ms AS value FROM trace WHERE rto_ms IS NOT NULL",
      color: "blue",
      needs: { column: "rto_ms" },
    },
    {
      name: "RTO",
      points: "SELECT flow, event AS ord, t, rto_ms AS value FROM rto_events WHERE rto_ms IS NOT NULL",
      color: "vermilion",
      draw: "crosses",
      optional: true,
    },
    {
      name: "chain of backoffs",
      points: `
        SELECT flow, 2 * event AS ord, t, rto_ms AS value FROM rto_events WHERE rto_ms IS NOT NULL
        UNION ALL
        SELECT flow, 2 * last + 1, t, NULL FROM (
          SELECT flow, max(event) AS last, max(t) AS t FROM rto_events WHERE rto_ms IS NOT NULL GROUP BY flow, kind, chain
        )`,
      interpolate: "linear",
      color: "vermilion",
      dash: [4, 2],
      optional: true,
    },
    {
      name: "smoothed RTT",
      points: "SELECT flow, ord, t, srtt_us / 1000 AS value FROM trace WHERE srtt_us > 0",
      color: "green",
      dash: [1.5, 1.5],
      optional: true,
    },
  ],
};
