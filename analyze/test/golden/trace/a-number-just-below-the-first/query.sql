-- A keep-alive has the sequence number before the first one (4294967295; the recorded line changed, synthetic): -1,
-- and not almost 4 GiB.
SELECT type, seq_num FROM trace ORDER BY ord
