/** The plot `limits`. */
import { type Series, staircase, type TimePlot } from "../definition.ts";
import type { ColorName } from "../style.ts";

/** What can hold a sender, from below to above in the stack. */
export const held: readonly { readonly by: string; readonly name: string; readonly color: ColorName }[] = [
  { by: "cwnd", name: "congestion window", color: "blue" },
  { by: "recovery", name: "recovery", color: "wine" },
  { by: "rwnd", name: "receiver", color: "orange" },
  { by: "pacing", name: "pacing", color: "purple" },
  { by: "application", name: "application", color: "ice" },
  { by: "idle", name: "idle", color: "mist" },
];

/** What kept each flow from sending more: shares of each window, stacked. */
export const limits: TimePlot = {
  shows: "what kept each flow from sending more, as shares of each window",
  title: "What limited the sender",
  yTitle: "share of time",
  views: ["limits_by_window"],
  interpolate: "step-after",
  windowed: true,
  stacked: true,
  scales: [{ from: 0, divisor: 1, unit: "%" }],
  remarks: (list) => `
    SELECT CASE WHEN bool_and(counts_packets) THEN 'a full send buffer counts as application'
      ELSE 'from tracepoints by an estimated segment size: pacing and a full send buffer count as application' END AS note
    FROM captures WHERE tells_holder(sampled, counts_packets, sees_ca_state) AND capture IN (SELECT capture FROM flows WHERE flow IN (${list})) HAVING count(*) > 0`,
  series: held.map(
    ({ by, name, color }): Series => ({
      name,
      points: staircase("limits_by_window", `100 * ${by}_s / nullif(told_s, 0)`),
      color,
      ...(by === "cwnd" ? { needs: { column: "snd_cwnd" } } : {}),
    }),
  ),
};
