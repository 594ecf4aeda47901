-- Expiries of the retransmission timer with what the records around them tell.
-- needs: _expiry_records
-- capture, flow            USMALLINT, UINTEGER  file and connection
-- ord, t                   BIGINT, DOUBLE       place and time of the record
-- event                    BIGINT    number of the expiry on its connection, from 1
-- since_s, sees_timers, kind, ack_s, packets_out, rto_ms, retrans  as in _expiry_records
-- una, high                BIGINT    what was acknowledged and what was sent as the timer fired
-- ca_state, cwnd_before, ssthresh_before  state, window and threshold as the timer fired; NULL where not told
-- in_silence               BOOLEAN   cwnd_before and ssthresh_before are what the expiry before made of them, as
--                                    nothing tells of a window between the two
-- ca_state_after, cwnd_after, ssthresh_after  those of the next record that tells the window
-- exit_s                   DOUBLE    time of the first record after it out of Loss; NULL where there is none
-- exit_ca_state            VARCHAR   the state there
-- exit_una, exit_cwnd, exit_ssthresh, exit_retrans  of the first record from there on that tells the window
-- progress_at, recovered_at  DOUBLE  when something new was acknowledged, and all that was outstanding; NULL where the
--                                   trace does not show it
WITH
  expiries AS (
    SELECT
      capture,
      flow,
      ord,
      t,
      since_s,
      expiries::BIGINT + 1 AS event,
      sees_timers,
      kind,
      ack_s,
      packets_out,
      rto_ms,
      retrans,
      snd_una,
      snd_nxt,
      CASE
        WHEN sees_timers THEN ca_state
        ELSE held_ca_state
      END AS ca_state,
      cwnd_then,
      ssthresh_then
    FROM
      _expiry_records
    WHERE
      is_expiry
  ),
  between_two AS (
    -- What stands behind each expiry, up to the next one.
    SELECT
      capture,
      flow,
      expiries::BIGINT AS event,
      min(
        CASE
          WHEN snd_cwnd IS NOT NULL THEN ord
        END
      ) AS telling_ord,
      min(
        CASE
          WHEN ca_state <> 'Loss' THEN ord
        END
      ) AS out_of_loss_ord,
      min(
        CASE
          WHEN snd_cwnd IS NOT NULL
          AND held_ca_state <> 'Loss' THEN ord
        END
      ) AS telling_out_of_loss_ord
    FROM
      _expiry_records
    WHERE
      expiries > 0
    GROUP BY
      capture,
      flow,
      expiries
  ),
  followed AS (
    SELECT
      *,
      CASE
        WHEN out_of_loss_ord IS NOT NULL THEN coalesce(telling_out_of_loss_ord, min(telling_ord) OVER further)
      END AS state_ord
    FROM
      between_two
    WINDOW
      further AS (
        PARTITION BY
          capture,
          flow
        ORDER BY
          event ROWS BETWEEN 1 FOLLOWING
          AND UNBOUNDED FOLLOWING
      )
  ),
  places AS (
    SELECT
      capture,
      flow,
      event,
      min(telling_ord) OVER from_here AS after_ord,
      min(out_of_loss_ord) OVER from_here AS exit_ord,
      min(state_ord) OVER from_here AS exit_state_ord,
      event > 1
      AND lag(telling_ord) OVER (
        PARTITION BY
          capture,
          flow
        ORDER BY
          event
      ) IS NULL AS in_silence
    FROM
      followed
    WINDOW
      from_here AS (
        PARTITION BY
          capture,
          flow
        ORDER BY
          event ROWS BETWEEN CURRENT ROW
          AND UNBOUNDED FOLLOWING
      )
  ),
  progress AS (
    SELECT
      capture,
      flow,
      event,
      min(acked_t) OVER (
        PARTITION BY
          capture,
          flow
        ORDER BY
          event RANGE BETWEEN CURRENT ROW
          AND UNBOUNDED FOLLOWING
      ) AS t,
      is_event
    FROM
      (
        SELECT
          capture,
          flow,
          event,
          NULL AS acked_t,
          true AS is_event
        FROM
          expiries
        UNION ALL
        SELECT
          capture,
          flow,
          progressed_expiries,
          min(t),
          false
        FROM
          _expiry_records
        WHERE
          progressed_expiries > 0
        GROUP BY
          capture,
          flow,
          progressed_expiries
      )
  ),
  recovery AS (
    SELECT
      capture,
      flow,
      event,
      min(acked_t) OVER (
        PARTITION BY
          capture,
          flow
        ORDER BY
          event RANGE BETWEEN CURRENT ROW
          AND UNBOUNDED FOLLOWING
      ) AS t,
      is_event
    FROM
      (
        SELECT
          capture,
          flow,
          event,
          NULL AS acked_t,
          true AS is_event
        FROM
          expiries
        UNION ALL
        SELECT
          capture,
          flow,
          recovered_expiries,
          min(t),
          false
        FROM
          _expiry_records
        WHERE
          recovered_expiries > 0
        GROUP BY
          capture,
          flow,
          recovered_expiries
      )
  ),
  told AS (
    SELECT
      expiries.*,
      coalesce(expiries.snd_una, after.snd_una) AS una,
      coalesce(expiries.snd_nxt, after.snd_nxt) AS high,
      CASE
        WHEN sees_timers THEN after.ca_state
        ELSE 'Loss'
      END AS ca_state_after,
      -- Nothing tells the window between this expiry and the one before, which set it anew (tcp_enter_loss): it is the
      -- one that is told next.
      CASE
        WHEN in_silence
        AND NOT sees_timers THEN after.snd_cwnd
        ELSE cwnd_then
      END AS cwnd_before,
      CASE
        WHEN in_silence
        AND NOT sees_timers THEN after.ssthresh
        ELSE ssthresh_then
      END AS ssthresh_before,
      after.snd_cwnd AS cwnd_after,
      after.ssthresh AS ssthresh_after,
      coalesce(in_silence, false) AS in_silence,
      exit_ord,
      exit_state_ord
    FROM
      expiries
      LEFT JOIN places ON places.capture = expiries.capture
      AND places.flow = expiries.flow
      AND places.event = expiries.event
      LEFT JOIN (
        SELECT
          capture,
          flow,
          ord,
          ca_state,
          snd_cwnd,
          ssthresh,
          snd_una,
          snd_nxt
        FROM
          _expiry_records
      ) AS after ON after.capture = expiries.capture
      AND after.flow = expiries.flow
      AND after.ord = after_ord
  )
SELECT
  told.capture,
  told.flow,
  told.ord,
  told.t,
  since_s,
  told.event,
  sees_timers,
  kind,
  ack_s,
  packets_out,
  rto_ms,
  told.retrans,
  una,
  high,
  told.ca_state,
  cwnd_before,
  ssthresh_before,
  in_silence,
  ca_state_after,
  cwnd_after,
  ssthresh_after,
  CASE
    WHEN exit_state.ord IS NOT NULL THEN left_loss.t
  END AS exit_s,
  CASE
    WHEN exit_state.ord IS NOT NULL THEN left_loss.ca_state
  END AS exit_ca_state,
  exit_state.snd_una AS exit_una,
  exit_state.snd_cwnd AS exit_cwnd,
  exit_state.ssthresh AS exit_ssthresh,
  exit_state.retrans AS exit_retrans,
  CASE
    WHEN una IS NOT NULL THEN progress.t
  END AS progress_at,
  CASE
    WHEN high IS NOT NULL THEN recovery.t
  END AS recovered_at
FROM
  told
  LEFT JOIN (
    SELECT
      capture,
      flow,
      ord,
      t,
      ca_state
    FROM
      _expiry_records
  ) AS left_loss ON left_loss.capture = told.capture
  AND left_loss.flow = told.flow
  AND left_loss.ord = exit_ord
  LEFT JOIN (
    SELECT
      capture,
      flow,
      ord,
      snd_una,
      snd_cwnd,
      ssthresh,
      retrans
    FROM
      _expiry_records
  ) AS exit_state ON exit_state.capture = told.capture
  AND exit_state.flow = told.flow
  AND exit_state.ord = exit_state_ord
  LEFT JOIN progress ON progress.capture = told.capture
  AND progress.flow = told.flow
  AND progress.event = told.event
  AND progress.is_event
  LEFT JOIN recovery ON recovery.capture = told.capture
  AND recovery.flow = told.flow
  AND recovery.event = told.event
  AND recovery.is_event;
