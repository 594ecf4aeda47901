-- The same stretch as in limits-by-the-records, with the kernel's own counters: busy_us and rwnd_limited_us both go
-- from 468000 to 3092000, so of the life of 2.627009190 s 2.624 s are the receiver's (0.998854), and 0.003009190 s are
-- neither busy (0.001145), a rest of the jiffies (4 ms) that the counters come in. Nothing is left to be split.
SELECT basis, round(life_s, 9) AS life_s, round(cwnd_share, 6) AS cwnd_share, round(rwnd_share, 6) AS rwnd_share, sndbuf_share,
  round(application_share, 6) AS application_share, round(pacing_share, 6) AS pacing_share, round(idle_share, 6) AS idle_share FROM limits
