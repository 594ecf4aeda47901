-- Two records of a control connection, 4.000264 s apart. At the first nothing is in flight, at the second 1 byte,
-- which was sent a round trip before (87 us): for almost all of the time there was nothing to do.
-- 1 - 0.000087 / 4.000264 = 0.99997825
-- That it was established as the capture ran (the line is synthetic) tells that it began in Open.
SELECT basis, round(life_s, 6) AS life_s, idle_share, application_share FROM limits
