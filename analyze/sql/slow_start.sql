-- The end of each connection's first slow start: the first time that snd_cwnd >= ssthresh. One row a connection that
-- got there.
-- needs: _connections, intervals
-- capture      USMALLINT  file
-- flow         UINTEGER   connection
-- exit_s       DOUBLE     seconds since the capture began: when the packet was handled that ended it
-- exit_cwnd    UINTEGER   congestion window until then, packets: the largest that slow start reached
-- ssthresh     UINTEGER   threshold from then on, packets
-- cause        VARCHAR    'loss' (the congestion state was no longer Open: loss or ECN), 'delay' (it was: the
--                         algorithm ended it, as HyStart does, or the threshold of an earlier exit was reached),
--                         'cached' (the connection began so, with a threshold from the kernel's metrics cache),
--                         'unseen' (it was over as the capture began)
SELECT
  intervals.capture,
  intervals.flow,
  coalesce(since_s, t) AS exit_s,
  CASE
    WHEN since_s IS NULL THEN snd_cwnd
    ELSE previous_cwnd
  END AS exit_cwnd,
  exit_ssthresh AS ssthresh,
  CASE
    WHEN since_s IS NULL THEN CASE
      WHEN has_start THEN 'cached'
      ELSE 'unseen'
    END
    WHEN ca_state IN ('CWR', 'Recovery', 'Loss') THEN 'loss'
    WHEN ca_state IS NOT NULL THEN 'delay'
  END AS cause
FROM
  intervals
  JOIN _connections ON _connections.capture = intervals.capture
  AND _connections.flow = intervals.flow
  AND exit_ord = ord;
