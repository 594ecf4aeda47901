-- window: 0.5 s
-- The path is cut at 3.9 s: a tail loss probe, then timeouts. snd_una, and payload sent, of each record by window:
--   3.5 s  1400217, 1411801            and its segment acknowledges 1414697: 14480 * 8 / 0.5 s = 231680 bit/s
--   4.0 s  1414697, sends 1320         nothing more; 1320 * 16 = 21120
--   4.5 s  1414697, sends 1448         nothing acknowledged; 1448 * 16 = 23168
--   5.0 s  no record                   0 and 0, not left out
--   5.5 s  1414697, sends 1448
SELECT window_start_s, window_s, acked_bytes, goodput_bps, sent_bytes, throughput_bps, crosses_gap
FROM goodput ORDER BY window_start_s
