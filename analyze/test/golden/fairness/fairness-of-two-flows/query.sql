-- window: 1 s
-- In the second that begins at 4099 s, snd_una of one connection goes from 3736430011 to 3736463315: 33304 bytes; of
-- the other from 3728754996 to 3729189396: 434400 bytes. (33304 + 434400)^2 / (2 * (33304^2 + 434400^2)) =
-- 218747031616 / 379625032832 = 0.576219. Together 467704 * 8 bits in one second.
SELECT window_start_s, flows, goodput_bps, round(jain, 6) AS jain, crosses_gap FROM fairness
