-- The time between two records of a connection, one row each: how long it was, what the kernel held, and what held the
-- sender. A record shows the state before the kernel handled its packet, so its numbers are those of the time since
-- the connection's previous record, not of the time after it. The pass carries along what that one told
-- (analyze/records/follow.ts), so nothing here orders records.
-- needs: _packet_records, _byte_records, captures, _segment_size
-- capture            USMALLINT  file
-- flow               UINTEGER   connection
-- ord                BIGINT     place of the record that ends the interval
-- since_s            DOUBLE     time of the connection's previous record, seconds since the capture began; NULL for
--                               its first
-- t                  DOUBLE     time of the record, likewise
-- duration_s         DOUBLE     seconds from one to the other; NULL for the first
-- round_trip         UINTEGER   number of the connection's round trip that the record is of, see `rounds`; NULL before
--                               the first
-- snd_cwnd           UINTEGER   packets; NULL at a tracepoint's change of the congestion state, which tells no more
-- previous_cwnd      UINTEGER   that of the interval before; NULL for the first, and likewise
-- retrans            UINTEGER   segments retransmitted so far; NULL where the source does not count them
-- previous_retrans   UINTEGER   those until the interval began; NULL for the first, and likewise
-- srtt_us            DOUBLE     smoothed RTT; NULL at such a change, and before the first measurement
-- inflight_bytes     BIGINT     snd_nxt - snd_una; NULL where the source lacks them
-- ca_state           VARCHAR    congestion state during the interval; NULL where the source does not tell. Tracepoints
--                               tell changes only, so there it is Open until the first
-- previous_ca_state  VARCHAR    that of the interval before; NULL for the first
-- rtt_sample_us      DOUBLE     round-trip time that the kernel measured as it handled the previous record; NULL where
--                               it did not, or the source cannot tell. The kernel keeps srtt' = srtt + (sample - srtt)
--                               / 8 in whole eighths (tcp_rtt_estimator), which is turned round here; mdev tells of
--                               samples equal to srtt. Tracepoints have srtt in whole us only, so there it is within 8
--                               us
-- held_by            VARCHAR    what kept the sender from sending during the interval: 'recovery', 'cwnd', 'rwnd',
--                               'pacing', 'application', 'idle'; NULL before the connection is established and where
--                               the source cannot tell. docs/metrics.md has the rules
WITH
  counted AS (
    SELECT
      records.capture,
      flow,
      ord,
      t,
      step_ns,
      round_trip,
      snd_cwnd,
      previous_cwnd,
      retrans,
      previous_retrans,
      srtt_us,
      rtt_sample_us,
      snd_nxt - snd_una AS inflight_bytes,
      ca_state,
      previous_ca_state,
      unsent_bytes,
      CASE
        WHEN type = 'setup' THEN NULL
        -- Something is in flight and believed lost, or a retransmission or its timer ends the interval.
        WHEN packets_out > 0
        AND (
          ca_state IN ('Recovery', 'Loss')
          OR (
            length_bytes > 0
            AND is_sent_again(type, seq_num, snd_nxt)
          )
          OR (
            type = 'timeout'
            AND expiry_kind(timer, packets_out) = 'retransmission'
          )
          OR (
            polled
            AND lost_out + retrans_out > 0
          )
        ) THEN 'recovery'
        WHEN packets_out > 0 THEN 'application'
        ELSE 'idle'
      END AS otherwise,
      packets_out::BIGINT + retrans_out - sacked_out - lost_out AS inflight_packets,
      coalesce(mss_bytes, whole_quotient(snd_nxt - snd_una, packets_out), 536) AS segment_bytes,
      snd_wnd_bytes - coalesce(snd_nxt - snd_una, packets_out::DOUBLE * mss_bytes) AS window_bytes,
      -- A poll tells by itself whether data waits.
      polled
      AND wqueue_bytes > packets_out::DOUBLE * mss_bytes AS waiting
    FROM
      _packet_records AS records
      JOIN captures ON captures.capture = records.capture
    WHERE
      flow IS NOT NULL
      AND snd_cwnd IS NOT NULL
  ),
  weighed AS (
    SELECT
      *,
      -- What holds it if data is waiting; NULL where nothing is known of that.
      CASE
        WHEN otherwise IS NULL
        OR otherwise = 'recovery' THEN otherwise
        WHEN inflight_packets >= snd_cwnd THEN 'cwnd'
        WHEN window_bytes < segment_bytes THEN 'rwnd'
        -- Segmentation offload waits for up to a third of the window to be free (tcp_tso_should_defer).
        WHEN inflight_packets * 3 >= snd_cwnd::BIGINT * 2 THEN 'cwnd'
        ELSE 'pacing'
      END AS if_waiting
    FROM
      counted
  ),
  judged AS (
    SELECT
      capture,
      flow,
      ord,
      t,
      step_ns,
      round_trip,
      snd_cwnd,
      previous_cwnd,
      retrans,
      previous_retrans,
      srtt_us,
      rtt_sample_us,
      inflight_bytes,
      ca_state,
      previous_ca_state,
      CASE
      -- Written before the interval began: what was written meanwhile tells nothing of waiting. Less than a segment
      -- waits for the acknowledgement of what is in flight (Nagle's rule): the application writes little.
        WHEN unsent_bytes > 0
        AND if_waiting = 'pacing'
        AND unsent_bytes < segment_bytes THEN CASE
          WHEN waiting THEN if_waiting
          ELSE otherwise
        END
        WHEN unsent_bytes > 0
        OR waiting THEN if_waiting
        ELSE otherwise
      END AS held_by
    FROM
      weighed
    UNION ALL
    SELECT
      records.capture,
      records.flow,
      ord,
      t,
      step_ns,
      round_trip,
      snd_cwnd,
      previous_cwnd,
      NULL,
      NULL,
      srtt_us,
      rtt_sample_us,
      snd_nxt - snd_una,
      held_ca_state,
      previous_ca_state,
      CASE
        WHEN held_ca_state IN ('Recovery', 'Loss')
        OR ca_state = 'Loss' THEN 'recovery'
        WHEN snd_nxt - snd_una = 0 THEN 'idle'
        -- Tracepoints do not show when something was sent. In flight for longer than a timeout, unacknowledged: it was
        -- not.
        WHEN snd_nxt - snd_una > 0.85 * snd_cwnd * segment_bytes - segment_bytes THEN CASE
          WHEN step_ns > 250000000 + srtt_us * 4000 THEN 'idle'
          ELSE 'cwnd'
        END
        WHEN snd_wnd_bytes - (snd_nxt - snd_una) < coalesce(segment_bytes, 1448) THEN 'rwnd'
        WHEN snd_nxt - snd_una > 0 THEN CASE
          WHEN step_ns > 250000000 + srtt_us * 4000 THEN 'idle'
          ELSE 'application'
        END
      END
    FROM
      _byte_records AS records
      LEFT JOIN _segment_size ON _segment_size.capture = records.capture
      AND _segment_size.flow = records.flow
    WHERE
      records.flow IS NOT NULL
      AND (
        snd_cwnd IS NOT NULL
        OR ca_state IS NOT NULL
      )
  )
SELECT
  capture,
  flow,
  ord,
  (nanoseconds(t) - step_ns) / 1e9 AS since_s,
  t,
  step_ns / 1e9 AS duration_s,
  round_trip,
  snd_cwnd,
  previous_cwnd,
  retrans,
  previous_retrans,
  nullif(srtt_us, 0) AS srtt_us,
  inflight_bytes,
  ca_state,
  previous_ca_state,
  rtt_sample_us,
  held_by
FROM
  judged;
