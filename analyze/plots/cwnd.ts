import { noSsthresh } from "@tcpprobe-plus/tpp";
import { type PlotDefinition, palette } from "./definition.ts";

/** The congestion window and the slow-start threshold, in packets. */
export const cwnd: PlotDefinition = {
  title: "Congestion window",
  yTitle: "packets",
  views: [],
  interpolate: "step-before",
  scales: [{ from: 0, divisor: 1, unit: "" }],
  series: [
    {
      name: "cwnd",
      points: "SELECT flow, ord, t, snd_cwnd AS value FROM trace WHERE snd_cwnd IS NOT NULL",
      color: palette.blue,
      needs: { column: "snd_cwnd", suppliers: ["kmod", "tracefs", "ss"] },
    },
    {
      name: "ssthresh",
      points: `SELECT flow, ord, t, ssthresh AS value FROM trace WHERE ssthresh < ${noSsthresh}`,
      color: palette.orange,
      dash: [5, 3],
      optional: true,
    },
  ],
};
