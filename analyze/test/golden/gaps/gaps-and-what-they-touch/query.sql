-- 4711 events were lost on their way between the second record (4078.123539) and the third (4078.123545), which are
-- both of one connection that was under way then; the other's first record is 14 s later, but its setup is not seen.
SELECT round(from_s, 6) AS from_s, round(to_s, 6) AS to_s, lost, cause, flows FROM gaps
