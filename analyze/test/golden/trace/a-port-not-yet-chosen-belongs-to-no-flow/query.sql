-- A listening socket has no peer (dport 0) and a socket in SYN_SENT may have no port yet (sport 0): in the trace, in
-- no flow.
SELECT sport, dport, type, flow, detail FROM trace ORDER BY ord
