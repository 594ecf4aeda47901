-- Tracepoints print an end as [::1]:45546, 127.0.0.1:45546 or [::ffff:127.0.0.1]:45546; the last two are the same
-- (recorded lines with other addresses, synthetic). An IPv6 address with ffff inside is neither.
SELECT flow, saddr, sport, daddr, dport, records FROM flows ORDER BY flow
