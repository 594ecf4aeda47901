-- Events were lost (the line is synthetic) before the only connection, whose setup is seen, began at 4747.307786: it
-- can have lost none, and the loss is a gap of the capture all the same.
SELECT 'gap' AS what, round(from_s, 6) AS from_s, round(to_s, 6) AS to_s, lost, flows, NULL AS crosses_gap FROM gaps
UNION ALL SELECT 'flow', round(start_s, 6), NULL, NULL, NULL, crosses_gap FROM flows
ORDER BY what DESC, from_s
