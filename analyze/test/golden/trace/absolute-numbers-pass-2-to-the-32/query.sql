-- Tracepoints give absolute numbers; they count from the first seen, here 70000 below 2^32 (recorded lines, all
-- shifted by one constant, synthetic), so snd_nxt passes it in the first record already.
SELECT snd_una, snd_nxt, snd_nxt - snd_una AS inflight_bytes FROM trace ORDER BY ord
