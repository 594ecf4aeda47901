/** The plot `goodput`. */
import { closesUnseen, ofRecords, ofWindows, rateScales, staircase, type TimePlot } from "../definition.ts";

/** Newly acknowledged bytes per window, payload sent where the source sees sends, and the pacing rate. */
export const goodput: TimePlot = {
  shows:
    "bytes acknowledged a second, bytes sent where the source sees sends, the pacing rate; of several flows their sum",
  title: "Goodput",
  yTitle: "rate",
  views: ["goodput"],
  interpolate: "step-after",
  windowed: true,
  scales: rateScales,
  total: staircase(
    "(SELECT 0 AS flow, window_start_s, any_value(window_s) AS window_s, CASE WHEN count(*) = count(goodput_bps) THEN sum(goodput_bps) END AS rate FROM goodput GROUP BY window_start_s)",
    "rate",
  ),
  // Bytes that one cumulative acknowledgement covers were not delivered all at once. Where records are missing, they
  // need not have been acknowledged at once either.
  remarks: (list) => `
    SELECT spikes || CASE spikes WHEN 1 THEN ' window' ELSE ' windows' END || ' of late acknowledgements (above twice the median, behind one below half of it)' AS note
    FROM (
      SELECT count(*) AS spikes FROM (
        SELECT about, goodput_bps, lag(goodput_bps) OVER (PARTITION BY flow ORDER BY window_start_s) AS before,
          median(goodput_bps) OVER (PARTITION BY flow) AS middle
        FROM goodput WHERE flow IN (${list})
      ) WHERE goodput_bps > 2 * middle AND before < middle / 2 AND about = ''
    ) WHERE spikes > 0
    UNION ALL ${closesUnseen(list)}`,
  series: [
    {
      name: "goodput",
      ...ofWindows("goodput_bps"),
      thereIf: "SELECT 1 FROM trace WHERE snd_una IS NOT NULL OR bytes_acked IS NOT NULL",
      color: "blue",
      needs: {
        column: "snd_una",
        proxy: { column: "bytes_acked", note: "by bytes_acked at each poll" },
      },
    },
    {
      name: "throughput sent",
      ...ofWindows("throughput_bps"),
      thereIf: "SELECT 1 FROM captures WHERE sees_sends",
      color: "orange",
      dash: [5, 3],
      optional: true,
    },
    {
      name: "pacing rate",
      ...ofRecords("pacing_rate_bps"),
      interpolate: "step-before",
      color: "green",
      dash: [1.5, 1.5],
      mayLeave: true,
      optional: true,
    },
  ],
};
