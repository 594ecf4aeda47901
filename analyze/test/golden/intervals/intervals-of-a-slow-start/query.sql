-- Nothing is held before the connection is established (1.115401160). At its first data nothing had been in flight,
-- and nothing waited; then what was written waits (write_seq 31857 and more, snd_nxt 2897 …), while less than two
-- thirds of the window of 10 packets are out: 2, 4, 6 at the ends of the next three (6 of 10 is less than two thirds),
-- then 8.
SELECT ord, since_s, t, round(duration_s, 9) AS duration_s, round_trip, snd_cwnd, previous_cwnd, inflight_bytes, held_by
FROM intervals WHERE ord <= 8 ORDER BY ord
