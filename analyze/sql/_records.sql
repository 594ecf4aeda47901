-- Records of connections, each with what was held since the connection's previous record: `intervals` shows the
-- latter, `_connections` sums both in one reading. A record shows the state before the kernel handled its packet, so
-- its numbers are those of the time since the previous one, not of the time after it. The pass carries along what that
-- one told (analyze/records/follow.ts), so nothing here orders records.
-- needs: _packet_records, _byte_records, captures, _segment_size
-- capture, flow, ord, type, t  as in `trace`, and with them the columns that `_connections` sums
-- is_interval        BOOLEAN    whether it tells what was held since the previous record; else the columns below are
--                               NULL
-- step_ns            BIGINT     time since that one; NULL for the connection's first
-- told_ns            BIGINT     how long the numbers beside the window were held: since the last record that told them
-- window_ns, before_ns  BIGINT  how long snd_cwnd was held, and before that previous_cwnd, since the last record that
--                               told one. From tracepoints the state Loss begins between two of them: the kernel sets
--                               the window anew then, and again at each further expiry (tcp_enter_loss), so from the
--                               first on it is what the next record tells
-- idle_ns            BIGINT     how long of the interval, from its beginning, nothing was in flight; NULL: none of it,
--                               or held_by tells
-- recovery_run, lowers_window  as in `intervals`
-- segment_bytes      DOUBLE     size of a full segment, told or estimated; NULL where neither can be
-- round_trip, previous_cwnd, previous_ssthresh, previous_retrans, inflight_bytes, rtt_sample_us  as in `intervals`
-- held_state         VARCHAR    its ca_state
-- previous_state     VARCHAR    its previous_ca_state
-- held_by            VARCHAR    likewise; of a source that tells no congestion states, what held it unless it was in
--                               recovery; of one that leaves out records, as its record says
WITH
  counted AS (
    SELECT
      records.*,
      polled,
      snd_cwnd IS NOT NULL AS is_interval,
      snd_nxt - snd_una AS inflight_bytes,
      CASE
        WHEN type = 'setup'
        OR snd_cwnd IS NULL THEN NULL
        -- Something is in flight and believed lost, or a retransmission or its timer ends the interval. A recovery
        -- that leaves the window as it is costs nothing.
        WHEN packets_out > 0
        AND (
          coalesce(held_ca_state, ca_state) = 'Loss'
          OR (
            costs_a_recovery(recovery_run, lowers_window)
            AND (
              NOT polled
              OR lost_out + retrans_out > 0
            )
          )
          OR (
            coalesce(held_ca_state, ca_state, '') <> 'Recovery'
            AND length_bytes > 0
            AND is_sent_again(type, seq_num, snd_nxt)
          )
          OR (
            type = 'timeout'
            AND expiry_kind(timer, packets_out) = 'retransmission'
          )
          OR (
            type = 'ca_state'
            AND ca_state = 'Loss'
          )
          OR backoff > 0
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
        -- Of BBR, which always paces (bbr_init), it is pacing that leaves so much.
        WHEN inflight_packets * 3 >= snd_cwnd::BIGINT * 2
        AND coalesce(cong, '') NOT LIKE 'bbr%' THEN 'cwnd'
        -- The kernel's own word: when it was last written to, all before had been sent and the window had room
        -- (tcp_rate_check_app_limited). What waits now is no more than was written since.
        WHEN polled
        AND app_limited THEN 'application'
        ELSE 'pacing'
      END AS if_waiting
    FROM
      counted
  ),
  held AS (
    SELECT
      *,
      lull_of(
        type,
        snd_una,
        snd_nxt,
        known_snd_nxt,
        held_ca_state,
        ca_state,
        expired_ns,
        silent_ns,
        srtt_us
      ) AS lull_ns,
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
  ),
  told AS (
    SELECT
      records.*,
      snd_nxt - snd_una AS inflight_bytes,
      segment_bytes,
      lull_of(
        type,
        snd_una,
        snd_nxt,
        known_snd_nxt,
        held_ca_state,
        ca_state,
        expired_ns,
        silent_ns,
        srtt_us
      ) AS lull_ns,
      CASE
        WHEN snd_cwnd IS NULL
        AND ca_state IS NULL THEN NULL
        WHEN held_ca_state = 'Loss'
        OR ca_state = 'Loss'
        OR expired_ns IS NOT NULL
        OR costs_a_recovery(recovery_run, lowers_window) THEN 'recovery'
        -- It may be in recovery since before the capture began.
        WHEN sees_ca_state
        AND held_ca_state IS NULL
        AND snd_nxt > snd_una THEN NULL
        -- What is in flight counts what was SACKed, too: in a recovery that leaves the window it tells nothing.
        WHEN held_ca_state = 'Recovery'
        AND snd_nxt > snd_una THEN 'application'
        WHEN snd_nxt > snd_una
        AND snd_nxt - snd_una > 0.85 * snd_cwnd * segment_bytes - segment_bytes THEN 'cwnd'
        WHEN snd_nxt - snd_una > 0.85 * snd_wnd_bytes - coalesce(segment_bytes, 1448) THEN 'rwnd'
        WHEN snd_nxt - snd_una = 0 THEN 'idle'
        WHEN snd_nxt - snd_una > 0 THEN 'application'
      END AS at_its_end
    FROM
      _byte_records AS records
      JOIN captures ON captures.capture = records.capture
      LEFT JOIN _segment_size ON _segment_size.capture = records.capture
      AND _segment_size.flow = records.flow
    WHERE
      records.flow IS NOT NULL
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
  step_ns AS told_ns,
  CASE
    WHEN type = 'ca_state' THEN 0
    ELSE step_ns
  END AS window_ns,
  CASE
    WHEN type = 'ca_state' THEN step_ns
    ELSE 0
  END AS before_ns,
  -- With nothing waiting, nothing was in flight until what is now was sent.
  CASE
    WHEN held_by = 'application'
    AND lull_ns IS NOT NULL THEN least(lull_ns, step_ns)
  END AS idle_ns,
  recovery_run,
  lowers_window,
  segment_bytes::DOUBLE AS segment_bytes,
  round_trip,
  previous_cwnd,
  previous_ssthresh,
  previous_retrans,
  inflight_bytes,
  coalesce(held_ca_state, ca_state) AS held_state,
  previous_ca_state AS previous_state,
  rtt_sample_us,
  held_by
FROM
  held
UNION ALL
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
  snd_cwnd IS NOT NULL
  OR ca_state IS NOT NULL,
  step_ns,
  silent_ns,
  coalesce(expired_ns, silent_ns),
  silent_ns - coalesce(expired_ns, silent_ns),
  CASE
    WHEN at_its_end IN ('cwnd', 'rwnd', 'application')
    AND lull_ns IS NOT NULL THEN least(lull_ns, step_ns)
  END,
  recovery_run,
  lowers_window,
  segment_bytes,
  round_trip,
  known_cwnd,
  known_ssthresh,
  NULL,
  inflight_bytes,
  held_ca_state,
  previous_ca_state,
  rtt_sample_us,
  at_its_end
FROM
  told;
