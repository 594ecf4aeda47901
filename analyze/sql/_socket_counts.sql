-- What the kernel itself said of each connection just before the first record and just after the last: for sources
-- whose records do not tell it.
-- needs: _sockets, _connections
-- capture, flow       USMALLINT, UINTEGER  file and connection
-- cong                VARCHAR   congestion control algorithm at the end, else at the beginning; NULL where neither was
--                               told
-- kernel_retransmits  BIGINT    segments that the kernel counts as retransmitted between the two; NULL unless it is
--                               known at both, where 0 is known of a connection whose setup was seen
WITH
  told AS (
    -- Of two sockets with the same ends, in two namespaces, neither is known to be the connection's.
    SELECT
      capture,
      saddr,
      sport,
      daddr,
      dport,
      at_end,
      max(cong) AS cong,
      max(retransmits) AS retransmits
    FROM
      _sockets
    GROUP BY
      capture,
      saddr,
      sport,
      daddr,
      dport,
      at_end
    HAVING
      count(*) = 1
  ),
  -- A 4-tuple can be that of several connections, one after the other.
  placed AS (
    SELECT
      capture,
      flow,
      saddr,
      sport,
      daddr,
      dport,
      has_start,
      done_s,
      flow = min(flow) OVER (
        PARTITION BY
          capture,
          saddr,
          sport,
          daddr,
          dport
      ) AS is_first,
      flow = max(flow) OVER (
        PARTITION BY
          capture,
          saddr,
          sport,
          daddr,
          dport
      ) AS is_last
    FROM
      _connections
  ),
  known AS (
    SELECT
      placed.capture,
      placed.flow,
      coalesce(later.cong, earlier.cong) AS cong,
      CASE
        WHEN NOT has_start THEN earlier.retransmits
        -- Told of before the capture: another connection with the same ends.
        WHEN earlier.capture IS NULL THEN 0
      END AS before,
      later.retransmits AS after
    FROM
      placed
      LEFT JOIN told AS earlier ON earlier.capture = placed.capture
      AND earlier.saddr = placed.saddr
      AND earlier.sport = placed.sport
      AND earlier.daddr = placed.daddr
      AND earlier.dport = placed.dport
      AND NOT earlier.at_end
      AND is_first
      LEFT JOIN told AS later ON later.capture = placed.capture
      AND later.saddr = placed.saddr
      AND later.sport = placed.sport
      AND later.daddr = placed.daddr
      AND later.dport = placed.dport
      AND later.at_end
      AND is_last
      AND done_s IS NULL
  )
SELECT
  capture,
  flow,
  cong,
  CASE
    WHEN after >= before THEN after - before
  END AS kernel_retransmits
FROM
  known
WHERE
  cong IS NOT NULL
  OR after IS NOT NULL;
