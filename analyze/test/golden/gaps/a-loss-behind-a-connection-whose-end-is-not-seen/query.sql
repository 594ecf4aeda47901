-- Events were lost (the line is synthetic) between 4092.044819 and 4092.068039, 14 s behind the last record of flow 1.
-- Nothing shows an end of it, so it may have gone on, and events of it may be among them. None of its time that is
-- seen is in the loss.
SELECT 'gap' AS what, lost, flows, NULL AS crosses_gap, NULL AS gap_share FROM gaps
UNION ALL SELECT 'flow ' || flow, NULL, NULL, crosses_gap, gap_share FROM flows
ORDER BY what
