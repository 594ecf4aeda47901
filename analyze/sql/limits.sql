-- What kept each connection from sending more, as shares of its life. One row a connection; the shares of a row add up
-- to 1 where all are known. The life is from its establishment (or its first record, or, from tracepoints, from when
-- on its congestion state is known: `intervals`) to its last record. Where the
-- capture left out records, only the kernel's own times are known; where tracepoints tell no congestion states, none
-- is.
-- needs: _connections, captures, losses
-- capture            USMALLINT  file
-- flow               UINTEGER   connection
-- life_s             DOUBLE     seconds
-- cwnd_share         DOUBLE     0 to 1: data was waiting and the congestion window was full; NULL where the capture
--                               does not tell, as all shares
-- rwnd_share         DOUBLE     data was waiting and the peer's window had no room for a segment
-- sndbuf_share       DOUBLE     the application was waiting for room in the send buffer, and all in it was sent; NULL
--                               where the source cannot tell, and then part of application_share
-- application_share  DOUBLE     something was in flight and nothing more to send
-- pacing_share       DOUBLE     data was waiting and both windows were open: held by pacing, the limit on bytes queued
--                               below TCP, or Nagle's rule; NULL where the source cannot tell, and then part of
--                               application_share
-- recovery_share     DOUBLE     something was in flight in state Recovery or Loss, or until a retransmission or its
--                               timeout
-- idle_share         DOUBLE     nothing was in flight and nothing to send
-- basis              VARCHAR    'kernel': receiver, send buffer and idle are the kernel's own times (tcp_info's busy,
--                               rwnd_limited, sndbuf_limited), and what is left of the busy time is split as the
--                               records' states are; 'records': all by the records' states; 'tracepoints': the same
--                               with an estimated segment size, and without what was waiting to be sent
-- gap_share          DOUBLE     share of the life in which records of the capture were lost; 1 where their place is
--                               not known
-- crosses_gap        BOOLEAN    records of the capture were lost that can be the connection's, as in flows
-- at_least, about    VARCHAR    the columns, separated by commas, whose number is the least that it can be, and whose
--                               number is approximate: shares that stand on a proxy, or on less than all records
WITH
  measured AS (
    SELECT
      told.capture,
      flow,
      told_from_s AS start_s,
      told_to_s AS end_s,
      lives_from_s,
      lives_to_s,
      polled,
      seconds_of(told_ns) AS life_s,
      tells_holder(sampled, counts_packets, sees_ca_state) AS is_told,
      CASE
        WHEN has_kernel_times THEN 'kernel'
        WHEN NOT counts_packets THEN 'tracepoints'
        ELSE 'records'
      END AS basis,
      coalesce(kernel_rwnd_s, rwnd_s) AS rwnd_s,
      coalesce(sndbuf_s, 0) AS sndbuf_s,
      CASE
        WHEN has_kernel_times THEN greatest(seconds_of(told_ns) - busy_s, 0)
        ELSE idle_s
      END AS idle_s,
      cwnd_s,
      pacing_s,
      recovery_s,
      greatest(application_s - coalesce(sndbuf_s, 0), 0) AS application_s
    FROM
      _connections AS told
      JOIN captures ON captures.capture = told.capture
    WHERE
      told_ns > 0
  ),
  split AS (
    SELECT
      *,
      greatest(life_s - rwnd_s - sndbuf_s - idle_s, 0) AS rest_s,
      cwnd_s + pacing_s + recovery_s + application_s AS told_s
    FROM
      measured
  ),
  scaled AS (
    SELECT
      *,
      CASE
        WHEN basis = 'kernel'
        AND told_s > 0 THEN rest_s / nullif(told_s, 0)
        ELSE 1
      END AS factor,
      CASE
        WHEN basis = 'kernel'
        AND told_s = 0 THEN rest_s
        ELSE 0
      END AS untold_s
    FROM
      split
  ),
  lost AS (
    SELECT
      split.capture,
      flow,
      bool_or(
        from_s IS NULL
        AND to_s IS NULL
      ) AS is_anywhere,
      exact_sum(seconds_in(from_s, to_s, start_s, end_s)) AS lost_s
    FROM
      split
      JOIN losses ON losses.capture = split.capture
      AND can_be_in(from_s, to_s, lives_from_s, lives_to_s)
    GROUP BY
      split.capture,
      flow
  )
SELECT
  scaled.capture,
  scaled.flow,
  life_s,
  CASE
    WHEN is_told THEN cwnd_s * factor / nullif(life_s, 0)
  END AS cwnd_share,
  CASE
    WHEN is_told
    OR basis = 'kernel' THEN rwnd_s / nullif(life_s, 0)
  END AS rwnd_share,
  CASE
    WHEN basis = 'kernel' THEN sndbuf_s / nullif(life_s, 0)
  END AS sndbuf_share,
  CASE
    WHEN is_told THEN (application_s * factor + untold_s) / nullif(life_s, 0)
  END AS application_share,
  CASE
    WHEN is_told
    AND basis <> 'tracepoints' THEN pacing_s * factor / nullif(life_s, 0)
  END AS pacing_share,
  CASE
    WHEN is_told THEN recovery_s * factor / nullif(life_s, 0)
  END AS recovery_share,
  CASE
    WHEN is_told
    OR basis = 'kernel' THEN idle_s / nullif(life_s, 0)
  END AS idle_share,
  basis,
  gap_share_of(is_anywhere, lost_s, life_s) AS gap_share,
  lost.flow IS NOT NULL AS crosses_gap,
  CASE
    WHEN polled THEN 'life_s'
    ELSE ''
  END AS at_least,
  concat_ws(
    ', ',
    CASE
      WHEN lost.flow IS NOT NULL THEN 'life_s'
    END,
    'cwnd_share, application_share, pacing_share, recovery_share',
    CASE
      WHEN basis <> 'kernel'
      OR lost.flow IS NOT NULL THEN 'rwnd_share, sndbuf_share, idle_share'
    END
  ) AS about
FROM
  scaled
  LEFT JOIN lost ON lost.capture = scaled.capture
  AND lost.flow = scaled.flow;
