-- Moments to mark in a picture of a connection.
-- needs: _trace, captures
-- capture  USMALLINT  file
-- flow     UINTEGER   connection
-- t        DOUBLE     seconds since the capture began
-- mark     VARCHAR    'RTO' (the retransmission timer fired); 'Loss state' (the source sees no timer, and the congestion
--                     state became Loss, which a timer does); 'retransmission' (the count of retransmitted segments rose, or
--                     the kernel said it retransmitted); 'window probe' (the timer fired with nothing in flight, so it asks
--                     whether a closed window has opened: tcp_send_probe0); 'reset'
CREATE TABLE marks AS
WITH told AS (
  SELECT _trace.capture, flow, ord, t,
    CASE
      WHEN type = 'timeout' AND packets_out = 0 THEN 'window probe'
      WHEN type = 'timeout' THEN 'RTO'
      WHEN type = 'ca_state' THEN 'Loss state'
      WHEN type = 'retransmit' THEN 'retransmission'
      ELSE 'reset'
    END AS mark
  FROM _trace JOIN captures USING (capture)
  WHERE flow IS NOT NULL
    AND (type IN ('timeout', 'retransmit', 'reset_sent', 'reset_received') OR (type = 'ca_state' AND ca_state = 'Loss' AND NOT sees_timers))
), counts AS (
  -- The count only grows: the first record with each value is where it rose, but for the connection's first.
  SELECT capture, flow, min(ord) AS ord, min(t) AS t, row_number() OVER (PARTITION BY flow ORDER BY retrans) AS place
  FROM _trace WHERE flow IS NOT NULL AND retrans IS NOT NULL GROUP BY capture, flow, retrans
)
SELECT capture, flow, t, mark FROM told
UNION ALL
SELECT capture, flow, t, 'retransmission' FROM counts ANTI JOIN told USING (flow, ord) WHERE place > 1;
