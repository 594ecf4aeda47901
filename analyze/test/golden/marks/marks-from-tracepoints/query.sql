-- A fast retransmission is said by the kernel itself. No tracepoint says that the timer fired; that the congestion
-- state becomes Loss (cong_state=4, twice) does, and is called that. Recovery (3) is no mark.
SELECT round(t, 6) AS t, mark FROM marks ORDER BY t
