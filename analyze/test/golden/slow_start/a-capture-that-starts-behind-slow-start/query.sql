-- The trace of goodput-over-a-loss begins mid-connection, with cwnd (25) above ssthresh (18) and 6 segments sent again
-- before: slow start was over unseen, so when and at which window is not known; and of the four runs only Recovery
-- sends one again (6 to 7).
SELECT episode, ca_state, retransmits, NULL AS exit_s, NULL AS cwnd, NULL AS ssthresh, NULL AS cause FROM episodes
UNION ALL SELECT NULL, 'slow start', NULL, exit_s, exit_cwnd, ssthresh, cause FROM slow_start
ORDER BY episode NULLS LAST
