-- A queue that marks (ECN). Tracepoints show no flags, so what CWR was for cannot be told. The connection had begun
-- before, so what the state was until the first change is not known, nor whether that set the threshold.
--   1 at 2844.265036, 4 us behind the record that shows cwnd 18 and no ssthresh yet; behind it 18 and 12. It ends at
--     2844.315703, where the state becomes Open and at once CWR again: no record shows what was held between.
--   2 at 2844.315704: cwnd 12 and ssthresh 12 before it; behind it 12 and 8. 12 is above 3/4 of the window (9), so it
--   was
--     the threshold in force: 8 / 12. It ends at 2844.358280, 0.042576 later; the record behind has cwnd 8, below 12.
SELECT flow, episode, round(t, 9) AS t, cause, state_before, cwnd_before, cwnd_after, cwnd_end, ssthresh_before, ssthresh_after, round(beta, 6) AS beta,
  round(recovery_s, 9) AS recovery_s, retransmits, srtt_before_us, undone, crosses_gap
FROM congestion_events ORDER BY flow, episode
