/** The plot `limits`. */
import { type PlotDefinition, palette, type Series } from "../definition.ts";

/** Draws windows as steps. Each begins at its start, and the last one extends to its end. */
const share = (time: string): string => `
  SELECT flow, (window_start_s / window_s)::BIGINT AS ord, window_start_s AS t, 100 * ${time} / told_s AS value FROM limits_by_window
  UNION ALL
  SELECT flow, max((window_start_s / window_s)::BIGINT) + 1, max(window_start_s + window_s), max_by(100 * ${time} / told_s, window_start_s)
  FROM limits_by_window GROUP BY flow`;

const series = (name: string, time: string, color: string): Series => ({ name, points: share(time), color });

/** What kept each flow from sending more: shares of each window, stacked. */
export const limits: PlotDefinition = {
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
      ...series("congestion window", "cwnd_s", palette.blue),
      needs: { column: "snd_cwnd" },
    },
    series("recovery", "recovery_s", palette.vermilion),
    series("receiver", "rwnd_s", palette.orange),
    series("pacing", "pacing_s", palette.purple),
    series("application", "application_s", palette.sky),
    series("idle", "idle_s", "#d9d9d9"),
  ],
};
