-- The trace of marks-of-timeouts-and-retransmissions, each line twice: the second time with another local port
-- (synthetic). Two connections with the same numbers at the same times; each has its own first chain, of two timeouts
-- with 1414697 unacknowledged.
SELECT flow, event, t, chain, chain_position AS place FROM rto_events ORDER BY flow, event
