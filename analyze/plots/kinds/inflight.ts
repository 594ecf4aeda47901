/** The plot `inflight`, in packets where the source counts them, otherwise in bytes. */
import { byteScales, inFlight, ofRecords, plain, sendsNotShown, type TimePlot } from "../definition.ts";

const shows = "packets (or bytes) in flight under the congestion window and the peer's window";

/** Packets in flight and the windows that bound them. */
const inflightPackets: TimePlot = {
  shows,
  title: "Packets in flight",
  yTitle: "packets",
  alone: "in flight (packets)",
  views: ["inflight", "_rests"],
  interpolate: "step-before",
  scales: plain,
  marks: true,
  states: true,
  remarks: sendsNotShown("what is in flight is that of the next segment received, and 0 in rests"),
  series: [
    {
      name: "in flight",
      ...inFlight("inflight_packets"),
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

/** Bytes sent and not yet acknowledged, for sources that do not count packets. */
const inflightBytes: TimePlot = {
  shows,
  title: "Bytes in flight",
  yTitle: "snd_nxt \u2212 snd_una",
  views: ["inflight", "_rests"],
  interpolate: "step-before",
  scales: byteScales,
  marks: true,
  states: true,
  remarks: sendsNotShown("what is in flight is that of the next segment received, and 0 in rests"),
  series: [
    {
      name: "in flight",
      ...inFlight("inflight_bytes"),
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
