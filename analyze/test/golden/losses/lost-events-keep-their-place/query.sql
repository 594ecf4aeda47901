-- The ring was full between the second and the third record (the line is synthetic, the kernel's form): no record of
-- the trace, but a loss behind ord 2. The flow it falls into is marked, and
-- so is the later one: its setup is not seen, so it may have begun before.
SELECT 'losses' AS what, after_ord AS place, lost AS number, cause AS text FROM losses
UNION ALL SELECT 'records', min(ord), count(*), string_agg(type, ' ' ORDER BY ord) FROM trace
UNION ALL SELECT 'flow', flow, records, crosses_gap::VARCHAR FROM flows
ORDER BY what, place
