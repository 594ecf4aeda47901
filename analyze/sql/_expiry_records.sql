-- The few records of each connection that tell of its retransmission timer: the expiries themselves, and what came of
-- them. The pass finds them (analyze/records/expiries.ts), so nothing here orders records.
-- needs: _trace, captures
-- capture, flow        USMALLINT, UINTEGER  file and connection
-- ord, t               BIGINT, DOUBLE       place and time of the record
-- since_s              DOUBLE    time of its connection's record before; NULL for the first
-- sees_timers          BOOLEAN   of the capture
-- is_expiry            BOOLEAN   the timer fired; where the source sees no timer, the congestion state became Loss
-- kind                 VARCHAR   of an expiry, see rto_events; else NULL
-- expiries             UINTEGER  how many its connection had before this record
-- progressed_expiries  UINTEGER  of how many by now something new was acknowledged; NULL where there were too many to
--                                follow
-- recovered_expiries   UINTEGER  of how many all was acknowledged that was outstanding; NULL likewise
-- ack_s                DOUBLE    of an expiry: when the last segment before it was received; NULL where there was none
-- cwnd_then, ssthresh_then  UINTEGER  window and threshold as the timer fired, told by the record or the one before
-- held_ca_state        VARCHAR   congestion state until the record; NULL where it is not known
-- ca_state, snd_una, snd_nxt, packets_out, rto_ms, snd_cwnd, ssthresh, retrans  as in trace
SELECT
  _trace.capture,
  flow,
  ord,
  t,
  (nanoseconds(t) - step_ns) / 1e9 AS since_s,
  sees_timers,
  expiries,
  progressed_expiries,
  recovered_expiries,
  -- A change of the state tells what the kernel made of the window with it.
  CASE
    WHEN type = 'ca_state' THEN coalesce(previous_cwnd, known_cwnd)
    ELSE coalesce(snd_cwnd, known_cwnd)
  END AS cwnd_then,
  CASE
    WHEN type = 'ca_state' THEN coalesce(previous_ssthresh, known_ssthresh)
    ELSE coalesce(ssthresh, known_ssthresh)
  END AS ssthresh_then,
  snd_una,
  snd_nxt,
  packets_out,
  rto_ms,
  snd_cwnd,
  ssthresh,
  retrans,
  ca_state,
  -- A change tells what the state became.
  CASE
    WHEN type = 'ca_state' THEN held_ca_state
    ELSE coalesce(held_ca_state, ca_state)
  END AS held_ca_state,
  type = 'timeout'
  OR (
    type = 'ca_state'
    AND ca_state = 'Loss'
    AND NOT sees_timers
  ) AS is_expiry,
  CASE
    WHEN type IN ('timeout', 'ca_state') THEN expiry_kind(timer, packets_out)
  END AS kind,
  (nanoseconds(t) - since_ack_ns) / 1e9 AS ack_s
FROM
  _trace
  JOIN captures ON captures.capture = _trace.capture
WHERE
  expiries IS NOT NULL
  AND flow IS NOT NULL;
