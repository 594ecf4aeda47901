-- Before, in and after a fast recovery. By hand, packets_out + retrans_out - sacked_out - lost_out and snd_nxt -
-- snd_una:
--   26 + 0 -  1 - 0 = 25   1446553 - 1408905 = 37648
--   26 + 0 -  3 - 1 = 22   the lost one is not in flight, and not yet sent again
--   30 + 1 -  8 - 1 = 22   1452345 - 1408905 = 43440
--   34 + 1 - 19 - 1 = 15   cwnd is 17: the record is of a send of 2 segments
--   42 + 1 - 25 - 1 = 17   1469721 - 1408905 = 60816: SACKed bytes count until they are acknowledged cumulatively
--   16 + 0 -  0 - 0 = 16   1469721 - 1446553 = 23168
SELECT t, inflight_packets, inflight_bytes, snd_cwnd FROM inflight ORDER BY ord
