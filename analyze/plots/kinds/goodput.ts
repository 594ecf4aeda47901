/** The plot `goodput`. */
import { type PlotDefinition, palette } from "../definition.ts";

/** Draws windows as steps. Each begins at its start, and the last one extends to its end. */
const windowed = (rate: string): string => `
  SELECT flow, (window_start_s / window_s)::BIGINT AS ord, window_start_s AS t, ${rate} AS value
  FROM goodput WHERE ${rate} IS NOT NULL
  UNION ALL
  SELECT flow, max((window_start_s / window_s)::BIGINT) + 1, max(window_start_s + window_s), max_by(${rate}, window_start_s)
  FROM goodput WHERE ${rate} IS NOT NULL GROUP BY flow`;

/** Newly acknowledged bytes per window, and payload sent where the source sees sends. */
export const goodput: PlotDefinition = {
  shows: "bytes acknowledged, and bytes sent where the source sees sends, a second",
  title: "Goodput",
  yTitle: "rate",
  views: ["goodput"],
  interpolate: "step-after",
  windowed: true,
  scales: [
    { from: 0, divisor: 1, unit: "bit/s" },
    { from: 2e3, divisor: 1e3, unit: "kbit/s" },
    { from: 2e6, divisor: 1e6, unit: "Mbit/s" },
    { from: 2e9, divisor: 1e9, unit: "Gbit/s" },
  ],
  series: [
    {
      name: "goodput",
      points: windowed("goodput_bps"),
      color: palette.blue,
      needs: {
        column: "snd_una",
        proxy: { column: "bytes_acked", note: "by bytes_acked at each poll" },
      },
    },
    {
      name: "throughput sent",
      points: windowed("throughput_bps"),
      color: palette.orange,
      dash: [5, 3],
      optional: true,
    },
  ],
};
