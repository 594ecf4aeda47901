-- Size of a full segment of each connection, for sources that tell neither it nor the number of packets in flight. The
-- kernel lets its window grow only when that was what limited it (tcp_is_cwnd_limited), so at those moments bytes in flight
-- per packet of the window are about a segment; their median is taken, and at least Ethernet's with timestamps.
-- needs: trace, captures
-- flow           UINTEGER  connection; none whose window grew less than four times
-- segment_bytes  DOUBLE    estimate, bytes
CREATE VIEW _segment_size AS
WITH windows AS (
  SELECT flow, snd_cwnd, (snd_nxt - snd_una)::DOUBLE / nullif(snd_cwnd, 0) AS per_packet, lead(snd_cwnd) OVER (PARTITION BY flow ORDER BY ord) AS next_cwnd
  FROM trace JOIN captures USING (capture)
  WHERE NOT counts_packets AND flow IS NOT NULL AND snd_cwnd IS NOT NULL
)
SELECT flow, greatest(1448, percentile_cont(0.5) WITHIN GROUP (ORDER BY per_packet)) AS segment_bytes
FROM windows
WHERE next_cwnd > snd_cwnd
GROUP BY flow
HAVING count(*) >= 4;
