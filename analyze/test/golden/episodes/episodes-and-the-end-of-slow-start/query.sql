-- A record shows the state before its packet, so the packet of the record before a new state is what changed it:
--   Disorder at the second record: changed at 1.287844000; Recovery at the sixth: at 1.290496660 (0.002652660 later),
--   where no segment had been sent again and cwnd was 64; Open at the eighth: at 1.403482130 (0.112985470 later), with
--   2 sent again and cwnd 44.
-- No record is of the end, so how long the last run lasted is not known. Slow start ended where cwnd (63) first was at
-- or above ssthresh (44): with that same packet of 1.290496660, from 64 packets, by loss.
SELECT episode, ca_state, start_s, round(duration_s, 9) AS duration_s, retransmits, cwnd_before, cwnd_end, NULL AS cause FROM episodes
UNION ALL
SELECT NULL, 'slow start', exit_s, NULL, NULL, exit_cwnd, ssthresh, cause FROM slow_start
ORDER BY start_s, episode NULLS LAST
