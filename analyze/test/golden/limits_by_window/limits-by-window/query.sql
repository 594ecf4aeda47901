-- window: 1 s
-- Flow 1 is limits-by-the-records: the peer's window up to 4.258286150 and from 4.258961210 to 4.302357790, pacing in
-- between. Flow 2 is a-chain-of-timeouts-and-its-recovery and the end of that connection. Its stretches, by the record
-- that ends each:
--   up to 1.976626050   sends with 3 of cwnd 4 in flight (held back for segmentation offload) and with 4: cwnd,
--   0.092762540 up to 10.003686310  a timeout, then state Loss with packets out: recovery, 0.023373950 + 8 windows +
--   0.003686310 up to 10.003967330  1 of cwnd 2 in flight, and much to send: pacing, 0.000281020
--   up to 10.045364880  2 of cwnd 2: cwnd, 0.041397550
--   up to 12.385102980  a packet out, and all sent that was written: application, 0.954635120 + 1 + 0.385102980
--   up to 12.385314790  nothing out: idle, 0.000211810
SELECT flow, window_start_s AS s, round(told_s, 9) AS told_s, round(cwnd_s, 9) AS cwnd_s, round(rwnd_s, 9) AS rwnd_s,
  round(application_s, 9) AS application_s, round(pacing_s, 9) AS pacing_s, round(recovery_s, 9) AS recovery_s, round(idle_s, 9) AS idle_s, crosses_gap
FROM limits_by_window ORDER BY flow, s
