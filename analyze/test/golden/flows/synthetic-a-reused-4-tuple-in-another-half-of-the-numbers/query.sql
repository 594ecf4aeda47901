-- A 4-tuple is used again right behind its end, and neither SYN nor setup of the second connection was captured (times
-- and numbers are synthetic). The first connection's numbers are in the lower half of the 32 bits: 10000000 to
-- 10000a00 = 2560 bytes; the second's in the upper: c0000000 to c0000900 = 2304. Each counts from its own first.
SELECT flow, count(*) AS records, min(snd_una) AS first_una, max(snd_una) AS last_una, max(snd_nxt) AS last_nxt, any_value(acked_bytes) AS acked_bytes
FROM trace JOIN (SELECT flow, acked_bytes FROM flows) USING (flow) GROUP BY flow ORDER BY flow
