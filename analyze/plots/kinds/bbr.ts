/** The plot `bbr`: BBR's model of the path. */
import { ofRecords, type PanelDefinition, rateScales, type Series, type TimePlot, timeScales } from "../definition.ts";

/** Whether there is any such record: much quicker than looking for a number in one. */
export const toldByBbr = "SELECT 1 FROM trace WHERE cong = 'bbr' AND cong_state IS NOT NULL";

const points = (column: string): Pick<Series, "points" | "records"> =>
  ofRecords(column, `${column} IS NOT NULL`, "_bbr");

export const rtts: PanelDefinition = {
  yTitle: "RTT",
  views: ["_bbr", "rtt_samples"],
  interpolate: "step-before",
  scales: timeScales,
  series: [
    { name: "min_rtt", ...points("min_rtt_us"), color: "green" },
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

export const gains: PanelDefinition = {
  yTitle: "gain",
  views: ["_bbr"],
  interpolate: "step-before",
  scales: [{ from: 0, divisor: 1, unit: "" }],
  series: [
    { name: "pacing gain", ...points("pacing_gain"), color: "vermilion" },
    { name: "cwnd gain", ...points("cwnd_gain"), color: "purple", dash: [5, 3] },
  ],
};

/** Bandwidth estimate, minimum round-trip time and gains, as the algorithm itself reports them. */
export const bbr: TimePlot = {
  shows: "BBR's bandwidth and minimum RTT, and its gains",
  title: "BBR's model of the path",
  yTitle: "rate",
  views: ["_bbr"],
  interpolate: "step-before",
  scales: rateScales,
  states: true,
  mostFlows: 1,
  ofControl: "bbr",
  series: [
    { name: "bandwidth", ...points("bandwidth_bps"), color: "blue", needs: { column: "cong_state" } },
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
