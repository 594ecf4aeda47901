-- A tail loss probe (retrans 0, then 1) and two timeouts, each followed by the segment it sends again (2, then 3).
SELECT t, mark FROM marks ORDER BY t
