-- The end of each connection's first slow start: the first time that snd_cwnd >= ssthresh. One row a connection that
-- got there. Where the capture left out records, the row says no more than that: it may have been sooner.
-- needs: _connections, captures, losses
-- capture      USMALLINT  file
-- flow         UINTEGER   connection
-- exit_s       DOUBLE     seconds since the capture began: when the packet was handled that ended it; NULL where that
--                         was before the capture, as the next two
-- exit_cwnd    UINTEGER   congestion window until then, packets: the largest that slow start reached
-- ssthresh     UINTEGER   threshold from then on, packets
-- cause        VARCHAR    'loss' (the congestion state was Recovery or Loss), 'congestion signal' (it was CWR: ECN, or
--                         a queue of this host), 'delay' (neither: the algorithm ended it, as HyStart does, or the
--                         threshold of an earlier exit was reached),
--                         'cached' (the connection began so, with a threshold from the kernel's metrics cache),
--                         'unseen' (it was over as the capture began)
-- at_least     VARCHAR    the columns, separated by commas, whose number is the least that it can be
-- about        VARCHAR    those whose number is approximate: of polls, and where records were lost until then
WITH
  ended AS (
    SELECT
      *,
      exit_step_ns < 0
      AND NOT has_start AS is_unseen
    FROM
      _connections
    WHERE
      exit_ord IS NOT NULL
  )
SELECT
  ended.capture,
  flow,
  CASE
    WHEN sampled
    OR is_unseen THEN NULL
    WHEN exit_step_ns < 0 THEN exit_t
    ELSE (nanoseconds(exit_t) - exit_step_ns) / 1e9
  END AS exit_s,
  CASE
    WHEN NOT (
      sampled
      OR is_unseen
    ) THEN nullif(exit_cwnd, 0)
  END AS exit_cwnd,
  CASE
    WHEN NOT (
      sampled
      OR is_unseen
    ) THEN exit_ssthresh
  END AS ssthresh,
  CASE
    WHEN sampled THEN NULL
    WHEN exit_step_ns < 0 THEN CASE
      WHEN has_start THEN 'cached'
      ELSE 'unseen'
    END
    WHEN exit_state IN ('Recovery', 'Loss') THEN 'loss'
    WHEN exit_state = 'CWR' THEN 'congestion signal'
    WHEN exit_state <> '' THEN 'delay'
  END AS cause,
  '' AS at_least,
  CASE
    WHEN polled
    OR EXISTS (
      SELECT
        1
      FROM
        losses
      WHERE
        losses.capture = ended.capture
        AND can_be_in(from_s, to_s, lives_from_s, exit_t)
    ) THEN 'exit_s, exit_cwnd, ssthresh'
    ELSE ''
  END AS about
FROM
  ended
  JOIN captures ON captures.capture = ended.capture;
