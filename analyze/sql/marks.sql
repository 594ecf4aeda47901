-- Moments to mark in a picture of a connection.
-- needs: trace
-- capture  USMALLINT  file
-- flow     UINTEGER   connection
-- t        DOUBLE     seconds since the capture began
-- mark     VARCHAR    'RTO' (the retransmission timer fired); 'Loss state' (the source sees no timer, and the congestion
--                     state became Loss, which a timer does); 'retransmission' (the count of retransmitted segments rose, or
--                     the kernel said it retransmitted); 'window probe' (the timer fired with nothing in flight, so it asks
--                     whether a closed window has opened: tcp_send_probe0); 'reset'
CREATE VIEW marks AS
WITH steps AS (
  SELECT trace.capture, source, flow, ord, t, type, ca_state, packets_out, retrans,
    lag(retrans) OVER (PARTITION BY flow ORDER BY ord) AS previous_retrans
  FROM trace JOIN captures USING (capture)
  WHERE flow IS NOT NULL
)
SELECT capture, flow, t,
  CASE
    WHEN type = 'timeout' AND packets_out = 0 THEN 'window probe'
    WHEN type = 'timeout' THEN 'RTO'
    WHEN type = 'ca_state' THEN 'Loss state'
    WHEN type IN ('reset_sent', 'reset_received') THEN 'reset'
    ELSE 'retransmission'
  END AS mark
FROM steps
WHERE type IN ('timeout', 'retransmit', 'reset_sent', 'reset_received')
  OR (type = 'ca_state' AND ca_state = 'Loss' AND source = 'tracefs')
  OR retrans > previous_retrans;
