-- Events were lost (the line is synthetic) between a socket that begins to listen, 4747.293837, and one whose port is
-- not yet chosen, 4747.307673. Neither record is of a connection; the first begins at 4747.307786. Of the other end
-- the setup is not seen, so it may have begun before the loss.
SELECT 'gap' AS what, round(from_s, 6) AS from_s, round(to_s, 6) AS to_s, lost, flows, NULL AS crosses_gap FROM gaps
UNION ALL SELECT 'flow', round(start_s, 6), NULL, NULL, NULL, crosses_gap FROM flows
ORDER BY what DESC, from_s
