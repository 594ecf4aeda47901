/** The plot `rtt`. */
import { type PlotDefinition, palette } from "../definition.ts";

/** The smoothed round-trip time that the sender holds (RFC 6298, section 2). */
export const rtt: PlotDefinition = {
  shows: "smoothed round-trip time",
  title: "Smoothed round-trip time",
  yTitle: "RTT",
  views: [],
  interpolate: "step-before",
  scales: [
    { from: 0, divisor: 1, unit: "us" },
    { from: 2000, divisor: 1000, unit: "ms" },
    { from: 5e6, divisor: 1e6, unit: "s" },
  ],
  series: [
    {
      name: "srtt",
      points: "SELECT flow, ord, t, srtt_us AS value FROM trace WHERE srtt_us > 0",
      color: palette.blue,
      needs: { column: "srtt_us" },
    },
  ],
};
