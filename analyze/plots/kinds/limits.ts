/** The plot `limits`. */
import { type Series, staircase, type TimePlot } from "../definition.ts";
import type { ColorName } from "../style.ts";

const series = (name: string, time: string, color: ColorName): Series => ({
  name,
  points: staircase("limits_by_window", `100 * ${time} / nullif(told_s, 0)`),
  color,
});

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
  series: [
    {
      ...series("congestion window", "cwnd_s", "blue"),
      needs: { column: "snd_cwnd" },
    },
    series("recovery", "recovery_s", "wine"),
    series("receiver", "rwnd_s", "orange"),
    series("pacing", "pacing_s", "purple"),
    series("application", "application_s", "ice"),
    series("idle", "idle_s", "mist"),
  ],
};
