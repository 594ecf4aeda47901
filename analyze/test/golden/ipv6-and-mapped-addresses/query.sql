-- An IPv6 connection, and an IPv4 one of a socket that calls it ::ffff:a.b.c.d (addresses changed, synthetic).
SELECT flow, saddr, sport, daddr, dport FROM flows ORDER BY flow
