-- An IPv6 connection; an IPv4 one of a socket that calls it ::ffff:a.b.c.d; and an IPv6 one with ffff in the middle of
-- its addresses, which stays as it is (addresses changed, synthetic).
SELECT flow, saddr, sport, daddr, dport FROM flows ORDER BY flow
