-- Two records of a control connection, 4.000264 s apart. At the second 1 byte is in flight; it was sent right before,
-- since a timeout (about 0.25 s) would have come: for almost all of the time there was nothing to do.
SELECT basis, round(life_s, 6) AS life_s, idle_share, application_share FROM limits
