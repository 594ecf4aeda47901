-- Tracepoints see received segments only: no sends, no timers, no counts of packets; srtt in whole us. The header
-- names all six tracepoints.
SELECT captures.capture, source, sees_sends, sees_timers, sees_ca_state, sees_retransmits, sees_resets, counts_packets, tells_samples, exact_srtt, polled,
  (SELECT count(*) FROM not_followed) AS not_followed
FROM captures
