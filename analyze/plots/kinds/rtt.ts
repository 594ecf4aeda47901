/** The plot `rtt`. */
import { bandOfRecords, ofRecords, type TimePlot, timeScales } from "../definition.ts";

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
      ...ofRecords("srtt_us", "srtt_us > 0"),
      color: "blue",
      needs: { column: "srtt_us" },
    },
    {
      name: "srtt \u00b1 mean deviation",
      ...bandOfRecords("greatest(srtt_us - mdev_us, 0)", "srtt_us + mdev_us", "srtt_us > 0 AND mdev_us IS NOT NULL"),
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
      ...ofRecords("min_rtt_us", "min_rtt_us IS NOT NULL AND srtt_us > 0"),
      color: "green",
      dash: [1.5, 1.5],
      mayLeave: true,
      optional: true,
    },
    {
      name: "RTO in force",
      ...ofRecords("1000.0 * rto_ms", "rto_ms IS NOT NULL AND srtt_us > 0"),
      color: "vermilion",
      dash: [7, 3],
      mayLeave: true,
      optional: true,
    },
  ],
};
