-- Moments to mark in a picture of a connection.
-- needs: _trace, _expiry_records
-- capture  USMALLINT  file
-- flow     UINTEGER   connection
-- t        DOUBLE     seconds since the capture began
-- mark     VARCHAR    'RTO' (the retransmission timer fired); 'Loss state' (the source sees no timer, and the
--                     congestion state became Loss, which a timer does); 'retransmission' (the count of retransmitted
--                     segments rose, or the kernel said it retransmitted); 'window probe' (the timer fired with
--                     nothing in flight, so it asks whether a closed window has opened: tcp_send_probe0); 'reset'
WITH
  told AS (
    SELECT
      capture,
      flow,
      ord,
      t,
      CASE
        WHEN NOT sees_timers THEN 'Loss state'
        WHEN kind = 'window probe' THEN kind
        ELSE 'RTO'
      END AS mark
    FROM
      _expiry_records
    WHERE
      is_expiry
    UNION ALL
    SELECT
      capture,
      flow,
      ord,
      t,
      CASE
        WHEN type = 'retransmit' THEN 'retransmission'
        ELSE 'reset'
      END
    FROM
      _trace
    WHERE
      flow IS NOT NULL
      AND type IN ('retransmit', 'reset_sent', 'reset_received')
  ),
  counts AS (
    -- The count only grows: the first record with each value is where it rose, but for the connection's first.
    SELECT
      capture,
      flow,
      min(ord) AS ord,
      min(t) AS t,
      row_number() OVER (
        PARTITION BY
          capture,
          flow
        ORDER BY
          retrans
      ) AS place
    FROM
      _trace
    WHERE
      flow IS NOT NULL
      AND retrans IS NOT NULL
    GROUP BY
      capture,
      flow,
      retrans
  )
SELECT
  capture,
  flow,
  t,
  mark
FROM
  told
UNION ALL
SELECT
  counts.capture,
  counts.flow,
  counts.t,
  'retransmission'
FROM
  counts
  LEFT JOIN told ON told.capture = counts.capture
  AND told.flow = counts.flow
  AND told.ord = counts.ord
WHERE
  place > 1
  AND told.ord IS NULL;
