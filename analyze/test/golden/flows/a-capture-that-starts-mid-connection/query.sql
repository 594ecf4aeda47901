-- The last records of a connection that was there before the capture, both its ends in this kernel: two flows without
-- a start. Numbers are relative to the first that the source saw, so they need not begin at 0 here.
SELECT flow, saddr, sport, daddr, dport, records, seen, acked_bytes, cwnd_max FROM flows ORDER BY flow
