-- Records of connections, each with what was held since the connection's previous record: `intervals` shows the
-- latter, `_connections` sums both in one reading. A record shows the state before the kernel handled its packet, so
-- its numbers are those of the time since the previous one, not of the time after it. The pass carries along what that
-- one told (analyze/records/follow.ts), so nothing here orders records.
-- needs: _packet_records, _byte_records, captures, _segment_size
-- capture, flow, ord, type, t  as in `trace`, and with them the columns that `_connections` sums
-- is_interval        BOOLEAN    whether it tells what was held since the previous record; else the columns below are
--                               NULL
-- step_ns            BIGINT     time since that one; NULL for the connection's first
-- round_trip, previous_cwnd, previous_retrans, inflight_bytes, rtt_sample_us  as in `intervals`
-- held_state         VARCHAR    its ca_state
-- previous_state     VARCHAR    its previous_ca_state
-- held_by            VARCHAR    likewise
WITH
  counted AS (
    SELECT
      records.*,
      snd_cwnd IS NOT NULL AS is_interval,
      snd_nxt - snd_una AS inflight_bytes,
      CASE
        WHEN type = 'setup'
        OR snd_cwnd IS NULL THEN NULL
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
  )
SELECT
  capture,
  flow,
  ord,
  type,
  t,
  saddr,
  sport,
  daddr,
  dport,
  length_bytes,
  tcp_flags,
  seq_num,
  snd_una,
  snd_nxt,
  write_seq,
  bytes_acked,
  bytes_sent,
  snd_cwnd,
  ssthresh,
  retrans,
  srtt_us,
  rto_num,
  busy_us,
  rwnd_limited_us,
  sndbuf_limited_us,
  cong,
  pid,
  comm,
  cgroup_id,
  detail,
  is_interval,
  step_ns,
  round_trip,
  previous_cwnd,
  previous_retrans,
  inflight_bytes,
  ca_state AS held_state,
  previous_ca_state AS previous_state,
  rtt_sample_us,
  CASE
  -- Written before the interval began: what was written meanwhile tells nothing of waiting. Less than a segment waits
  -- for the acknowledgement of what is in flight (Nagle's rule): the application writes little.
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
  type,
  t,
  saddr,
  sport,
  daddr,
  dport,
  length_bytes,
  tcp_flags,
  seq_num,
  snd_una,
  snd_nxt,
  write_seq,
  bytes_acked,
  bytes_sent,
  snd_cwnd,
  ssthresh,
  retrans,
  srtt_us,
  rto_num,
  busy_us,
  rwnd_limited_us,
  sndbuf_limited_us,
  cong,
  pid,
  comm,
  cgroup_id,
  detail,
  snd_cwnd IS NOT NULL
  OR ca_state IS NOT NULL,
  step_ns,
  round_trip,
  previous_cwnd,
  NULL,
  snd_nxt - snd_una,
  held_ca_state,
  previous_ca_state,
  rtt_sample_us,
  CASE
    WHEN snd_cwnd IS NULL
    AND ca_state IS NULL THEN NULL
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
  records.flow IS NOT NULL;
