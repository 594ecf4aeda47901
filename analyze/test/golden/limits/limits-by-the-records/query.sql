-- 41992 bytes wait from the first record to the last (write_seq 46337, snd_nxt 4345 and more). Up to 4.258286150 the
-- peer's window is 0. It opens to 2896: until the sends at 4.258568650 and 4.258961210 it has room for a segment, so
-- neither window holds those stretches (0.000282500 + 0.000392560 = 0.000675060 s); then 2896 bytes are in flight and
-- it is full again, until 4.302357790. Life: 4.302357790 - 1.675348600 = 2.627009190; rwnd (2.627009190 - 0.000675060)
-- / 2.627009190 = 0.999743; pacing 0.000257.
SELECT basis, round(life_s, 9) AS life_s, cwnd_share, round(rwnd_share, 6) AS rwnd_share, sndbuf_share, application_share,
  round(pacing_share, 6) AS pacing_share, recovery_share, idle_share FROM limits
