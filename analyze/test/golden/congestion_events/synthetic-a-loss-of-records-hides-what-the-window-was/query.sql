-- congestion-signals-from-tracepoints with a loss (its line is synthetic) between the record that shows cwnd 18 and
-- the change to CWR: what the window was then is not known, nor what the change made of it. The second event is as
-- before.
SELECT flow, episode, round(t, 9) AS t, cause, state_before, cwnd_before, cwnd_after, cwnd_end, ssthresh_before, ssthresh_after, round(beta, 6) AS beta,
  round(recovery_s, 9) AS recovery_s, retransmits, srtt_before_us, undone, crosses_gap
FROM congestion_events ORDER BY flow, episode
