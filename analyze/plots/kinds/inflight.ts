/** The plot `inflight`, in packets where the source counts them, otherwise in bytes. */
import { byteScales, ofRecords, plain, type TimePlot } from "../definition.ts";

const shows = "packets (or bytes) in flight under the congestion window and the peer's window";

/** Packets in flight and the windows that bound them. */
const inflightPackets: TimePlot = {
  shows,
  title: "Packets in flight",
  yTitle: "packets",
  alone: "in flight (packets)",
  views: ["inflight"],
  interpolate: "step-before",
  scales: plain,
  marks: true,
  states: true,
  series: [
    {
      name: "in flight",
      ...ofRecords("inflight_packets", "inflight_packets IS NOT NULL", "inflight"),
      color: "blue",
      needs: { column: "packets_out" },
    },
    {
      name: "cwnd",
      ...ofRecords("snd_cwnd", "snd_cwnd IS NOT NULL", "inflight"),
      color: "orange",
      dash: [5, 3],
      optional: true,
    },
    {
      name: "peer's window",
      points:
        "SELECT flow, ord, t, snd_wnd_bytes / nullif(mss_bytes, 0) AS value FROM trace WHERE snd_wnd_bytes / nullif(mss_bytes, 0) IS NOT NULL",
      color: "purple",
      dash: [8, 2, 2, 2],
      mayLeave: true,
      optional: true,
    },
  ],
};

/**
 * Bytes sent and not yet acknowledged, for sources that do not count packets. Tracepoints show no sends, so a record
 * behind a rest tells of what was sent at its end: the rest itself, of which `intervals` tells, is drawn as 0.
 */
const inflightBytes: TimePlot = {
  shows,
  title: "Bytes in flight",
  yTitle: "snd_nxt \u2212 snd_una",
  views: ["inflight", "intervals"],
  interpolate: "step-before",
  scales: byteScales,
  marks: true,
  states: true,
  series: [
    {
      name: "in flight",
      points: `
        SELECT flow, 2 * ord AS ord, t, inflight_bytes AS value FROM inflight WHERE inflight_bytes IS NOT NULL
        UNION ALL
        SELECT flow, 2 * ord - 1, since_s + idle_s, 0 FROM intervals WHERE idle_s > 0 AND inflight_bytes > 0`,
      color: "blue",
      needs: { column: "snd_nxt" },
    },
    {
      name: "cwnd x mss",
      ...ofRecords("snd_cwnd::BIGINT * mss_bytes"),
      color: "orange",
      dash: [5, 3],
      optional: true,
    },
    {
      name: "peer's window",
      ...ofRecords("snd_wnd_bytes"),
      color: "purple",
      dash: [8, 2, 2, 2],
      mayLeave: true,
      optional: true,
    },
  ],
};

export const inflight: TimePlot = {
  ...inflightPackets,
  units: { packets: inflightPackets, bytes: inflightBytes },
};
