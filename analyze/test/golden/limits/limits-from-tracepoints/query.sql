-- Slow start of a tracefs recording. cwnd grows at each record, so bytes in flight per packet of cwnd tell the
-- segment: 15928 / 11 = 1448 at the first, less at the later ones, so their median is below 1448, which is the least
-- that is taken. Full is more than 0.85 * cwnd * 1448 - 1448 in flight, and the peer's window is open throughout:
--   t            cwnd  in flight  full from
--   4094.995345   12     17376     13321.6   cwnd
--   4094.996360   13     15928     14552.4   cwnd
--   4094.997362   14     17376     15783.2   cwnd
--   4094.998368   15     15928     17014     application (it is above 0.6 of the window)
--   4094.999377   16     14480     18244.8   application, as all that follow
-- The first three took 4094.997362 - 4094.994340 = 0.003022 s, the rest 4095.002405 - 4094.997362 = 0.005043 s, of
-- 0.008065 s.
-- That it was established as the capture ran (the line is synthetic) tells that it began in Open.
SELECT basis, round(life_s, 6) AS life_s, round(cwnd_share, 6) AS cwnd_share, rwnd_share, round(application_share, 6) AS application_share,
  pacing_share, idle_share FROM limits
