-- The state becomes Disorder between the second record (4750.335288) and the third: a change tells no srtt, so the
-- sample that the third shows was measured at the second. srtt in eighths of a us, as the kernel keeps it:
--   8 * (80379 - 80270) + 80270 = 81142, 8 * (80473 - 80379) + 80379 = 81131
SELECT round(t, 6) AS t, rtt_us, basis FROM rtt_samples ORDER BY t
