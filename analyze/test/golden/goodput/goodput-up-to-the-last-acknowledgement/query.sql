-- window: 0.05 s
-- The last record is the ACK of all that was sent (2897 = snd_nxt), while snd_una still is 1449: what it acknowledges
-- counts in its window, as nothing after it tells.
--   1.20 s  sends 1448 + 1448, nothing acknowledged
--   1.25 s  2897 - 1 = 2896
SELECT window_start_s, acked_bytes, sent_bytes FROM goodput ORDER BY window_start_s
