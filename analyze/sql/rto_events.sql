-- Expiries of the retransmission timer, one row each. Sources that see no timer tell the moments at which the
-- congestion state became Loss instead, which a timeout does (and, rarely, a peer that takes back what it SACKed).
-- needs: _trace, _expiries, _connections, captures, losses
-- capture              USMALLINT  file
-- flow                 UINTEGER   connection
-- event                BIGINT     number of the expiry on its connection, from 1
-- t                    DOUBLE     seconds since the capture began
-- basis                VARCHAR    'timer' (the timer was seen to fire) or 'Loss state' (see above)
-- kind                 VARCHAR    'retransmission'; 'zero-window retransmission' (data was in flight but the peer had
--                                 closed its window meanwhile; only extended records tell it from the former); 'window
--                                 probe' (nothing in flight: it asks whether a closed window has opened,
--                                 tcp_send_probe0)
-- chain                BIGINT     number of the chain on its connection: expiries of one kind with no new data
--                                 acknowledged between
-- chain_position       BIGINT     place in the chain, from 1; the timer backs off by 2 from one to the next. NULL
--                                 where the chain can have begun before the capture
-- rto_ms               UINTEGER   the timer's value, ms; of window probes the RTO from which their timer backs off by
--                                 itself (tcp_probe0_when); NULL where the source lacks it
-- outstanding_packets  UINTEGER   packets_out; NULL likewise
-- outstanding_bytes    BIGINT     snd_nxt - snd_una
-- since_ack_s          DOUBLE     time since the last segment received on the connection, seconds; NULL where there
--                                 was none, and where the capture left out records
-- progress_s           DOUBLE     until new data was acknowledged, seconds; NULL where the trace does not show it.
--                                 From tracepoints, these two end with the segment received after, as they tell what
--                                 was before each
-- recover_s            DOUBLE     until all was acknowledged that was outstanding, seconds; NULL likewise
-- ca_state_before      VARCHAR    congestion state as the timer fired; NULL where the source does not tell, and where
--                                 the record that would can be lost: of tracepoints any change since the last
-- ca_state_after       VARCHAR    that of the next record
-- cwnd_before, cwnd_after          UINTEGER  congestion window, packets: as the timer fired (tracepoints: before the
--                                 last segment received) and at the next record that tells
-- ssthresh_before, ssthresh_after  UINTEGER  slow-start threshold, packets, likewise
-- loss_s               DOUBLE     until the state was Loss no longer, seconds; NULL where the trace does not show it
-- retransmits          BIGINT     segments retransmitted until then; NULL likewise and where the source does not count
-- spurious             BOOLEAN    inferred: the kernel took its reaction back (undo, after F-RTO, timestamps or
--                                 DSACK), so the data had not been lost; NULL for probes, and where the trace does not
--                                 show how Loss was left or whether that was an undo
-- spurious_evidence    VARCHAR    what it is inferred from, or why it cannot be; NULL for probes, and where the trace
--                                 ends inside Loss
-- crosses_gap          BOOLEAN    records of the capture were lost between the last ACK and recovery, or behind it
--                                 where nothing shows a recovery
-- at_least             VARCHAR    the columns, separated by commas, whose number is the least that it can be
-- about                VARCHAR    those whose number is approximate: where records were lost or left out, and what
--                                 tracepoints tell of the moment by the segments around it
WITH
  -- Where a source tells changes alone: the last before the expiry, from when on nothing must be lost.
  changes AS (
    SELECT
      _expiries.capture,
      _expiries.flow,
      _expiries.ord,
      max(change.t) AS changed_s
    FROM
      _expiries
      JOIN (
        SELECT
          capture,
          flow,
          ord,
          t
        FROM
          _trace
        WHERE
          type = 'ca_state'
          AND capture IN (
            SELECT
              capture
            FROM
              losses
          )
      ) AS change ON change.capture = _expiries.capture
      AND change.flow = _expiries.flow
      AND change.ord < _expiries.ord
    GROUP BY
      _expiries.capture,
      _expiries.flow,
      _expiries.ord
  ),
  known AS (
    SELECT
      _expiries.*,
      CASE
        WHEN captures.sees_timers
        OR NOT EXISTS (
          SELECT
            1
          FROM
            losses
          WHERE
            losses.capture = _expiries.capture
            AND can_be_in(
              from_s,
              to_s,
              CASE
                WHEN counts_packets THEN since_s
                ELSE coalesce(changed_s, start_s)
              END,
              _expiries.t
            )
        ) THEN ca_state
      END AS known_ca_state
    FROM
      _expiries
      JOIN captures ON captures.capture = _expiries.capture
      JOIN _connections ON _connections.capture = _expiries.capture
      AND _connections.flow = _expiries.flow
      LEFT JOIN changes ON changes.capture = _expiries.capture
      AND changes.flow = _expiries.flow
      AND changes.ord = _expiries.ord
  ),
  links AS (
    SELECT
      *,
      CASE
        WHEN (
          una = lag(una) OVER in_order
          -- Where what is acknowledged is not told: nothing was received between, so nothing new can have been
          -- acknowledged.
          OR (
            una IS NULL
            AND lag(una) OVER in_order IS NULL
            AND coalesce(ack_s, -1) = lag(coalesce(ack_s, -1)) OVER in_order
          )
        )
        AND (kind = 'window probe') = (lag(kind) OVER in_order = 'window probe') THEN 0
        ELSE 1
      END AS begins
    FROM
      known
    WINDOW
      in_order AS (
        PARTITION BY
          capture,
          flow
        ORDER BY
          ord
      )
  ),
  chained AS (
    SELECT
      *,
      sum(begins) OVER (
        PARTITION BY
          capture,
          flow
        ORDER BY
          ord ROWS UNBOUNDED PRECEDING
      )::BIGINT AS chain
    FROM
      links
  ),
  placed AS (
    SELECT
      chained.*,
      sampled,
      counts_packets,
      lives_from_s,
      lives_to_s,
      row_number() OVER in_chain AS chain_position,
      -- The first chain of a connection that began before the capture begins here if something was acknowledged in the
      -- capture, or if the state was not Loss yet, as an expiry makes it. Window probes leave the state as it was.
      chain > 1
      OR has_start
      OR coalesce(first_value(una) OVER in_chain > lowest_una, false)
      OR coalesce(
        first_value(kind) OVER in_chain <> 'window probe'
        AND first_value(known_ca_state) OVER in_chain <> 'Loss',
        false
      ) AS begins_here,
      first_value(cwnd_before) OVER in_chain AS chain_cwnd,
      first_value(ssthresh_before) OVER in_chain AS chain_ssthresh,
      first_value(ssthresh_after) OVER in_chain AS chain_ssthresh_after
    FROM
      chained
      JOIN _connections ON _connections.capture = chained.capture
      AND _connections.flow = chained.flow
      JOIN captures ON captures.capture = chained.capture
    WINDOW
      in_chain AS (
        PARTITION BY
          chained.capture,
          chained.flow,
          chain
        ORDER BY
          ord
      )
  ),
  told AS (
    SELECT
      *,
      exit_una < high AS left_early,
      chain_ssthresh_after < chain_ssthresh AS lowered,
      exit_ssthresh >= chain_ssthresh
      AND exit_cwnd >= chain_cwnd AS restored
    FROM
      placed
  ),
  judged AS (
    SELECT
      *,
      CASE
        WHEN left_early
        AND exit_ca_state <> 'Recovery' THEN 'left early'
        WHEN lowered
        AND restored THEN 'restored'
        WHEN left_early THEN 'lost again'
        WHEN NOT restored THEN 'repaired'
        WHEN restored THEN 'untold'
      END AS how_left
    FROM
      told
  ),
  flagged AS (
    SELECT
      *,
      EXISTS (
        SELECT
          1
        FROM
          losses
        WHERE
          losses.capture = judged.capture
          AND can_be_in(from_s, to_s, coalesce(ack_s, lives_from_s), coalesce(recovered_at, lives_to_s))
      ) AS crosses_gap
    FROM
      judged
  )
SELECT
  capture,
  flow,
  event,
  t,
  CASE
    WHEN sees_timers THEN 'timer'
    ELSE 'Loss state'
  END AS basis,
  kind,
  chain,
  CASE
    WHEN begins_here THEN chain_position
  END AS chain_position,
  rto_ms,
  packets_out AS outstanding_packets,
  high - una AS outstanding_bytes,
  CASE
    WHEN NOT sampled THEN t - ack_s
  END AS since_ack_s,
  progress_at - t AS progress_s,
  CASE
    WHEN kind <> 'window probe' THEN recovered_at - t
  END AS recover_s,
  known_ca_state AS ca_state_before,
  ca_state_after,
  cwnd_before,
  cwnd_after,
  ssthresh_before,
  ssthresh_after,
  CASE
    WHEN kind <> 'window probe' THEN exit_s - t
  END AS loss_s,
  CASE
    WHEN kind <> 'window probe' THEN rise_of(exit_retrans, retrans)
  END AS retransmits,
  CASE
    WHEN kind = 'retransmission'
    AND exit_s IS NOT NULL
    AND how_left <> 'untold' THEN how_left IN ('left early', 'restored')
  END AS spurious,
  CASE
    WHEN kind = 'retransmission'
    AND exit_s IS NOT NULL THEN CASE how_left
      WHEN 'left early' THEN concat(
        'Loss was left with ',
        high - exit_una,
        ' bytes of what was outstanding still unacknowledged'
      )
      WHEN 'lost again' THEN 'Loss was left for Recovery: a retransmission was lost'
      WHEN 'restored' THEN 'as Loss was left, cwnd was back at ' || exit_cwnd || ' and ssthresh at ' || exit_ssthresh
      WHEN 'repaired' THEN 'Loss was left with all acknowledged; cwnd ' || exit_cwnd || ' of ' || chain_cwnd
      WHEN 'untold' THEN concat(
        'cwnd was back at ',
        exit_cwnd,
        ', but ssthresh had not been lowered, so no undo would show'
      )
      ELSE 'what cwnd and ssthresh were before is not known'
    END
  END AS spurious_evidence,
  crosses_gap,
  CASE
    WHEN crosses_gap THEN 'chain_position'
    ELSE ''
  END AS at_least,
  concat_ws(
    ', ',
    CASE
      WHEN crosses_gap THEN 'since_ack_s'
    END,
    CASE
      WHEN crosses_gap
      OR sampled
      OR NOT counts_packets THEN 'progress_s, recover_s'
    END,
    CASE
      WHEN crosses_gap
      OR NOT (
        sees_timers
        OR in_silence
      ) THEN 'cwnd_before, ssthresh_before'
    END,
    CASE
      WHEN crosses_gap
      OR sampled THEN 'cwnd_after, ssthresh_after, loss_s, retransmits'
    END,
    CASE
      WHEN crosses_gap
      AND NOT sees_timers THEN 'outstanding_packets, outstanding_bytes'
    END
  ) AS about
FROM
  flagged;
