-- The timer fires at 2.224784060 in state Open with cwnd 4, ssthresh 3, srtt 344658 / 8 = 43082.25; the next record
-- has cwnd 1 and ssthresh 2. What the kernel tells as ssthresh is at least 3/4 of the window, 3, so 2 can have been
-- there before: beta is not known. Loss is left with the packet of 10.003686310 (7.778902250 later); retrans was 8 and
-- is 17, so 9 were sent again. cwnd is 2 then, below 4: nothing was taken back.
SELECT flow, episode, round(t, 9) AS t, cause, state_before, cwnd_before, cwnd_after, cwnd_end, ssthresh_before, ssthresh_after, round(beta, 6) AS beta,
  round(recovery_s, 9) AS recovery_s, retransmits, srtt_before_us, undone, crosses_gap
FROM congestion_events ORDER BY flow, episode
