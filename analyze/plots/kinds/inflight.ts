/** The plot `inflight`, in packets where the source counts them, otherwise in bytes. */
import { type PlotDefinition, palette } from "../definition.ts";

/** Packets in flight and the congestion window, which bounds them. */
const inflightPackets: PlotDefinition = {
  shows: "packets (or bytes) sent and not yet acknowledged, under the congestion window",
  title: "Packets in flight",
  yTitle: "packets",
  views: ["inflight"],
  interpolate: "step-before",
  scales: [{ from: 0, divisor: 1, unit: "" }],
  series: [
    {
      name: "in flight",
      points: "SELECT flow, ord, t, inflight_packets AS value FROM inflight WHERE inflight_packets IS NOT NULL",
      color: palette.blue,
      needs: { column: "packets_out" },
    },
    {
      name: "cwnd",
      points: "SELECT flow, ord, t, snd_cwnd AS value FROM inflight WHERE snd_cwnd IS NOT NULL",
      color: palette.orange,
      dash: [5, 3],
      optional: true,
    },
  ],
};

/** Bytes sent and not yet acknowledged, for sources that do not count packets. */
const inflightBytes: PlotDefinition = {
  shows: "packets (or bytes) sent and not yet acknowledged, under the congestion window",
  title: "Bytes in flight",
  yTitle: "snd_nxt \u2212 snd_una",
  views: ["inflight"],
  interpolate: "step-before",
  scales: [
    { from: 0, divisor: 1, unit: "bytes" },
    { from: 4e3, divisor: 1e3, unit: "kB" },
    { from: 4e6, divisor: 1e6, unit: "MB" },
  ],
  series: [
    {
      name: "in flight",
      points: "SELECT flow, ord, t, inflight_bytes AS value FROM inflight WHERE inflight_bytes IS NOT NULL",
      color: palette.blue,
      needs: { column: "snd_nxt" },
    },
  ],
};

export const inflight: PlotDefinition = {
  ...inflightPackets,
  units: { packets: inflightPackets, bytes: inflightBytes },
};
