/** The plot `bbr`: BBR's model of the path. */
import { type PanelDefinition, rateScales, type TimePlot, timeScales } from "../definition.ts";

/** SQL for a number in cong_state. NULL if it is missing. */
const told = (pattern: string, group = 1): string =>
  `TRY_CAST(nullif(regexp_extract(cong_state, '${pattern}', ${group}), '') AS DOUBLE)`;

/** SQL for the bandwidth in bit/s. The module and BPF report bytes/s, `ss` prints text with a unit. */
const bandwidth = `coalesce(
  8 * ${told("(?:^|,)bw=(\\d+)(?:,|$)")},
  ${told("(?:^|,)bw=([\\d.]+)([KMG]?)bps")} * CASE regexp_extract(cong_state, '(?:^|,)bw=([\\d.]+)([KMG]?)bps', 2)
    WHEN 'K' THEN 1e3 WHEN 'M' THEN 1e6 WHEN 'G' THEN 1e9 ELSE 1 END)`;

const minRtt = `coalesce(${told("min_rtt_us=(\\d+)")}, 1000 * ${told("(?:^|,)mrtt=([\\d.]+)")})`;

const gain = (name: string): string =>
  `coalesce(${told(`${name}_gain_256=(\\d+)`)} / 256, ${told(`(?:^|,)${name}_gain=([\\d.]+)`)})`;

/** Before its first measurement the algorithm reports 0, which is left out. */
const points = (value: string): string => `
  SELECT flow, ord, t, value FROM (SELECT flow, ord, t, nullif(${value}, 0) AS value FROM trace WHERE cong = 'bbr' AND cong_state IS NOT NULL)
  WHERE value IS NOT NULL`;

const rtts: PanelDefinition = {
  yTitle: "RTT",
  views: ["rtt_samples"],
  interpolate: "step-before",
  scales: timeScales,
  series: [
    { name: "min_rtt", points: points(minRtt), color: "green" },
    {
      name: "RTT samples",
      points:
        "SELECT flow, ord, t, rtt_us AS value FROM rtt_samples WHERE flow IN (SELECT DISTINCT flow FROM trace WHERE cong = 'bbr')",
      color: "orange",
      draw: "dots",
      optional: true,
    },
  ],
};

const gains: PanelDefinition = {
  yTitle: "gain",
  views: [],
  interpolate: "step-before",
  scales: [{ from: 0, divisor: 1, unit: "" }],
  series: [
    { name: "pacing gain", points: points(gain("pacing")), color: "vermilion" },
    { name: "cwnd gain", points: points(gain("cwnd")), color: "purple", dash: [5, 3] },
  ],
};

/** Bandwidth estimate, minimum round-trip time and gains, as the algorithm itself reports them. */
export const bbr: TimePlot = {
  shows: "BBR's bandwidth and minimum RTT, and its gains",
  title: "BBR's model of the path",
  yTitle: "rate",
  views: [],
  interpolate: "step-before",
  scales: rateScales,
  states: true,
  mostFlows: 1,
  ofControl: "bbr",
  series: [
    { name: "bandwidth", points: points(bandwidth), color: "blue", needs: { column: "cong_state" } },
    {
      name: "delivery rate",
      points:
        "SELECT flow, ord, t, delivery_rate_bps AS value FROM trace WHERE delivery_rate_bps IS NOT NULL AND cong = 'bbr'",
      color: "orange",
      draw: "dots",
      mayLeave: true,
      optional: true,
    },
    {
      name: "pacing rate",
      points:
        "SELECT flow, ord, t, pacing_rate_bps AS value FROM trace WHERE pacing_rate_bps IS NOT NULL AND cong = 'bbr'",
      color: "green",
      dash: [1.5, 1.5],
      mayLeave: true,
      optional: true,
    },
  ],
  below: [rtts, gains],
};
