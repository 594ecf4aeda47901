-- The end of a transfer. No recording waits for its send buffer; here sndbuf_limited_us rises by 20 ms (synthetic).
-- By the records: cwnd up to 3.626616300 (12 of 12, then 10 of 12 packets in flight, and 2769 bytes wait),
-- 0.015671770; application up to 3.657729720 (in flight, nothing waits), 0.031113420. Life 0.046785190. busy_us rises
-- by 48 ms, so nothing is idle, and nothing is the receiver's. The send buffer's 0.020 are taken out of the
-- application's 0.031113420 before the rest, 0.026785190, is divided: 0.015671770 + 0.011113420 is just that.
--   0.015671770 / 0.046785190 = 0.334973   0.020 / 0.046785190 = 0.427486   0.011113420 / 0.046785190 = 0.237541
SELECT basis, round(cwnd_share, 6) AS cwnd_share, rwnd_share, round(sndbuf_share, 6) AS sndbuf_share,
  round(application_share, 6) AS application_share, round(idle_share, 6) AS idle_share FROM limits
