-- The state before the packet of 1.290496660 was Disorder with cwnd 64 and no ssthresh yet; the next record, 1.55 ms
-- later, shows Recovery, cwnd 63 and ssthresh 44. Nothing was acknowledged between (snd_una 78193 in both), so 64 is
-- what the kernel reacted to: 44 / 64 = 0.6875 (CUBIC's 0.7 * 64 = 44.8, whole packets). srtt was 439837 / 8 =
-- 54979.625. Recovery ends with the packet of 1.403482130 (0.112985470 later), 2 sent again; the record behind has
-- cwnd 44.
SELECT flow, episode, round(t, 9) AS t, cause, state_before, cwnd_before, cwnd_after, cwnd_end, ssthresh_before, ssthresh_after, round(beta, 6) AS beta,
  round(recovery_s, 9) AS recovery_s, retransmits, srtt_before_us, undone, crosses_gap
FROM congestion_events ORDER BY flow, episode
