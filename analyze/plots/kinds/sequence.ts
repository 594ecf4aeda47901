/** The plot `sequence`: the time-sequence graph of the sender. */
import { byteScales, ofRecords, sendsNotShown, type TimePlot } from "../definition.ts";

/**
 * What is acknowledged, what is sent, and how far the peer's window reaches. A retransmission is a send that begins
 * below snd_nxt. Tracepoints show only the time of one, so it is drawn at snd_una.
 */
export const sequence: TimePlot = {
  shows: "time-sequence graph: snd_una, snd_nxt, the edge of the peer's window, retransmissions",
  title: "Sequence numbers",
  yTitle: "sequence number",
  views: [],
  interpolate: "step-before",
  scales: byteScales,
  fromLowest: true,
  marks: true,
  remarks: sendsNotShown("snd_nxt is that of the next segment received"),
  series: [
    {
      name: "snd_una",
      ...ofRecords("snd_una"),
      color: "blue",
      needs: { column: "snd_una" },
    },
    {
      name: "snd_nxt",
      ...ofRecords("snd_nxt"),
      color: "green",
      dash: [5, 3],
      optional: true,
    },
    {
      name: "edge of the peer's window",
      ...ofRecords("snd_una + snd_wnd_bytes", "snd_una IS NOT NULL AND snd_wnd_bytes IS NOT NULL"),
      color: "purple",
      dash: [8, 2, 2, 2],
      mayLeave: true,
      optional: true,
    },
    {
      name: "retransmission",
      points: `
        SELECT flow, ord, t, seq_num AS value FROM trace WHERE type = 'send' AND length_bytes > 0 AND seq_num < snd_nxt
        UNION ALL
        SELECT flow, ord, t, una FROM (
          SELECT flow, ord, t, type, last_value(snd_una IGNORE NULLS) OVER (PARTITION BY flow ORDER BY ord) AS una
          FROM trace WHERE flow IN (SELECT DISTINCT flow FROM trace WHERE type = 'retransmit') AND (type = 'retransmit' OR snd_una IS NOT NULL)
        ) WHERE type = 'retransmit' AND una IS NOT NULL`,
      color: "vermilion",
      draw: "crosses",
      optional: true,
    },
  ],
};
