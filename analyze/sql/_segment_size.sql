-- Size of a full segment of each connection, for sources that tell neither it nor the number of packets in flight. The
-- kernel lets its window grow only when that was what limited it (tcp_is_cwnd_limited), so at those moments bytes in
-- flight per packet of the window are about a segment; their median is taken, and at least Ethernet's with timestamps.
-- needs: _byte_records
-- capture        USMALLINT file
-- flow           UINTEGER  connection; none whose window grew less than four times
-- segment_bytes  DOUBLE    estimate, bytes
SELECT
  capture,
  flow,
  greatest(
    1448,
    percentile_cont(0.5) WITHIN GROUP (
      ORDER BY
        known_inflight_bytes::DOUBLE / nullif(known_cwnd, 0)
    )
  ) AS segment_bytes
FROM
  _byte_records
WHERE
  flow IS NOT NULL
  AND snd_cwnd > known_cwnd
GROUP BY
  capture,
  flow
HAVING
  count(*) >= 4;
