/** The plot `rtt`. */
import { type TimePlot, timeScales } from "../definition.ts";

/** The sender's smoothed round-trip time (RFC 6298, section 2), and the values that it is computed from. */
export const rtt: TimePlot = {
  shows: "smoothed round-trip time with its variation, the samples, the minimum, the RTO",
  title: "Round-trip time",
  yTitle: "RTT",
  views: ["rtt_samples"],
  interpolate: "step-before",
  scales: timeScales,
  marks: true,
  series: [
    {
      name: "srtt",
      points: "SELECT flow, ord, t, srtt_us AS value FROM trace WHERE srtt_us > 0",
      color: "blue",
      needs: { column: "srtt_us" },
    },
    {
      name: "srtt \u00b1 mean deviation",
      points:
        "SELECT flow, t, greatest(srtt_us - mdev_us, 0) AS low, srtt_us + mdev_us AS high FROM trace WHERE srtt_us > 0 AND mdev_us IS NOT NULL",
      color: "blue",
      draw: "band",
      mayLeave: true,
      optional: true,
    },
    {
      name: "samples",
      points: "SELECT flow, ord, t, rtt_us AS value FROM rtt_samples",
      color: "orange",
      draw: "dots",
      optional: true,
    },
    {
      name: "smallest of the kernel",
      points: "SELECT flow, ord, t, min_rtt_us AS value FROM trace WHERE min_rtt_us IS NOT NULL AND srtt_us > 0",
      color: "green",
      dash: [1.5, 1.5],
      mayLeave: true,
      optional: true,
    },
    {
      name: "RTO in force",
      points: "SELECT flow, ord, t, 1000.0 * rto_ms AS value FROM trace WHERE rto_ms IS NOT NULL AND srtt_us > 0",
      color: "vermilion",
      dash: [7, 3],
      mayLeave: true,
      optional: true,
    },
  ],
};
