-- Packets in flight are packets_out + retrans_out - sacked_out - lost_out. In recordings lost_out is 0 while the state
-- is Disorder; here the last two records have 20 in it (synthetic). Data waits throughout and the peer's window is
-- open:
--   up to 1.777743420  51 - 1 = 50 of cwnd 50: full           0.001693190
--   up to 1.777959030  51 - 2 - 20 = 29, below 2/3 of 50: pacing  0.000215610
--   up to 1.778052520  52 - 2 - 20 = 30: pacing                   0.000093490
-- Life 0.002002290: 0.001693190 / 0.002002290 = 0.845627, 0.000309100 / 0.002002290 = 0.154373.
SELECT 'cwnd' AS what, round(cwnd_share, 6) AS value FROM limits
UNION ALL SELECT 'pacing', round(pacing_share, 6) FROM limits
UNION ALL SELECT 'in flight at ' || ord, inflight_packets FROM inflight
ORDER BY what
