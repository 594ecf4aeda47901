-- The end of a transfer: 1321 bytes wait, less than a segment, behind 35 and 34 packets in flight of cwnd 96. Nagle's
-- rule holds them back because the application writes no more: application, not pacing.
SELECT round(life_s, 9) AS life_s, application_share, pacing_share, cwnd_share FROM limits
