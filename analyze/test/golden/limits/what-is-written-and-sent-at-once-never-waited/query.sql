-- Data waits where what had been written by the stretch's beginning is beyond snd_nxt at its end. Here the application
-- writes 1448 bytes and they are sent at once, twice: at each send write_seq is 1448 ahead of snd_nxt, but it was not
-- at the record before.
--   up to 1.209425830  nothing in flight, nothing waited: idle  0.000922450
--   up to 1.209552290  a packet in flight, nothing waited: application  0.000126460
-- Life 0.001048910: 0.879437 and 0.120563.
SELECT round(idle_share, 6) AS idle_share, round(application_share, 6) AS application_share, cwnd_share, pacing_share, rwnd_share FROM limits
