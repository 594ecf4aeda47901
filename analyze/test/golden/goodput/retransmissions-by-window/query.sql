-- window: 0.02 s
-- The trace of goodput-over-a-loss: of what is sent, only the 1448 bytes at 1408905 (2.801116780) are below snd_nxt,
-- 1446553; all else is sent at snd_nxt. retrans is 6 in the first window and 7 from the second on. In the first
-- nothing is sent, so there is no share.
SELECT window_start_s, sent_bytes, retransmitted_bytes, retransmit_share, retransmits, outstanding FROM goodput ORDER BY window_start_s
