-- What happened to each connection, one row an event: for reading in order of time.
-- needs: _trace, rto_events, episodes, slow_start
-- capture      USMALLINT  file
-- flow         UINTEGER   connection
-- t            DOUBLE     seconds since the capture began
-- event        VARCHAR    'established', 'ended', 'RTO' (also where only the state Loss tells it), 'window probe',
--                         'recovery', 'loss', 'CWR', 'slow start ended', 'reset sent', 'reset received'
-- duration_s   DOUBLE     how long it took, seconds: until recovery for RTOs, the run of the state for the next three;
--                         NULL for moments, and where the trace does not show it
-- detail       VARCHAR    what else is known, in words; NULL where nothing is
-- crosses_gap  BOOLEAN    records of the capture were lost during it; NULL for moments
-- at_least     VARCHAR    the columns, separated by commas, whose number is the least that it can be; `detail` has ≥
--                         before such numbers
-- about        VARCHAR    those whose number is approximate; `detail` has ≈ before such numbers
SELECT
  capture,
  flow,
  t,
  CASE
    WHEN kind = 'window probe' THEN kind
    ELSE 'RTO'
  END AS event,
  recover_s AS duration_s,
  nullif(
    concat_ws(
      ', ',
      CASE
        WHEN chain_position > 1 THEN 'number ' || told_position || ' of its chain'
      END,
      CASE
        WHEN kind = 'zero-window retransmission' THEN 'the peer had closed its window'
      END,
      'after ' || rto_ms || ' ms',
      CASE
        WHEN kind <> 'window probe' THEN coalesce(
          marked(at_least, about, 'outstanding_packets', outstanding_packets) || ' packets',
          marked(at_least, about, 'outstanding_bytes', outstanding_bytes) || ' bytes'
        )
      END || ' outstanding',
      CASE
        WHEN kind <> 'window probe' THEN 'cwnd ' || told_before || ' to ' || told_after
      END,
      CASE
        WHEN spurious THEN 'spurious (inferred)'
      END
    ),
    ''
  ) AS detail,
  crosses_gap,
  '' AS at_least,
  CASE
    WHEN is_in(about, 'recover_s') THEN 'duration_s'
    ELSE ''
  END AS about
FROM
  (
    SELECT
      *,
      marked(at_least, about, 'chain_position', chain_position) AS told_position,
      marked(at_least, about, 'cwnd_before', cwnd_before) AS told_before,
      marked(at_least, about, 'cwnd_after', cwnd_after) AS told_after
    FROM
      rto_events
  )
UNION ALL
SELECT
  capture,
  flow,
  start_s,
  CASE ca_state
    WHEN 'Recovery' THEN 'recovery'
    WHEN 'Loss' THEN 'loss'
    ELSE 'CWR'
  END,
  duration_s,
  nullif(
    concat_ws(
      ', ',
      marked(at_least, about, 'retransmits', retransmits) || ' retransmitted',
      'cwnd ' || told_before || ' to ' || told_end
    ),
    ''
  ),
  crosses_gap,
  CASE
    WHEN is_in(at_least, 'start_s') THEN 't'
    WHEN is_in(at_least, 'duration_s') THEN 'duration_s'
    ELSE ''
  END,
  CASE
    WHEN crosses_gap THEN 't, duration_s'
    ELSE ''
  END
FROM
  (
    SELECT
      *,
      marked(at_least, about, 'cwnd_before', cwnd_before) AS told_before,
      marked(at_least, about, 'cwnd_end', cwnd_end) AS told_end
    FROM
      episodes
  )
WHERE
  ca_state IN ('Recovery', 'Loss', 'CWR')
UNION ALL
SELECT
  capture,
  flow,
  exit_s,
  'slow start ended',
  NULL,
  concat_ws(
    ', ',
    CASE cause
      WHEN 'loss' THEN 'by loss'
      WHEN 'congestion signal' THEN 'by a congestion signal'
      WHEN 'delay' THEN 'by the algorithm'
      ELSE cause
    END,
    'cwnd ' || marked(at_least, about, 'exit_cwnd', exit_cwnd),
    'ssthresh ' || marked(at_least, about, 'ssthresh', ssthresh)
  ),
  NULL,
  '',
  CASE
    WHEN about <> '' THEN 't'
    ELSE ''
  END
FROM
  slow_start
WHERE
  exit_s IS NOT NULL
  AND (
    cause IS NULL
    OR cause <> 'unseen'
  )
UNION ALL
SELECT
  capture,
  flow,
  t,
  CASE
    WHEN type = 'setup' THEN 'established'
    WHEN type = 'done' THEN 'ended'
    WHEN type IN ('send', 'reset_sent') THEN 'reset sent'
    ELSE 'reset received'
  END,
  NULL,
  CASE
    WHEN type IN ('reset_sent', 'reset_received') THEN detail
  END,
  NULL,
  '',
  ''
FROM
  _trace
WHERE
  flow IS NOT NULL
  AND (
    type IN ('setup', 'done', 'reset_sent', 'reset_received')
    OR tcp_flags & 4 = 4
  );
