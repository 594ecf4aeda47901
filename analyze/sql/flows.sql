-- One row a connection.
-- needs: captures, _connections, losses, slow_start, limits, _lossy_rtt_samples, _data_flows, _socket_counts
-- capture            USMALLINT  file it is of
-- flow               UINTEGER   id, in order of first sight
-- saddr              VARCHAR    local address
-- sport              USMALLINT  local port
-- daddr              VARCHAR    remote address
-- dport              USMALLINT  remote port
-- start_s            DOUBLE     first record, seconds since the capture began
-- duration_s         DOUBLE     first record to last, seconds
-- records            BIGINT     records of it
-- seen               VARCHAR    'whole' where both its setup and its end were seen; else 'no start', 'no end',
--                               'neither'. 'until its close', 'no start, until its close': the end, too, but nothing
--                               of what was acknowledged behind the close, as from tracepoints
-- acked_bytes        BIGINT     bytes that the peer acknowledged: advance of snd_una, less the sequence numbers of SYN
--                               and FIN; NULL where no record has snd_una. Where the record of a FIN can be missing,
--                               one byte less than may be
-- acked_until_s      DOUBLE     until when acked_bytes counts, seconds since the capture began; NULL likewise
-- goodput_bps        DOUBLE     acked_bytes over duration_s, bit/s, or over the time up to acked_until_s where nothing
--                               is seen behind the close; NULL for a flow of one moment, and where the source tells
--                               no close and something came behind acked_until_s
-- sent_bytes         BIGINT     payload bytes sent, retransmissions included; NULL where the source sees no sends
-- sends              BIGINT     segments with payload handed down to be sent (with segmentation offload, each can be
--                               several on the wire); NULL where the source sees no sends
-- retransmits        BIGINT     segments retransmitted: the kernel's own count, or its rise where the connection
--                               began before the capture; from tracepoints, retransmitted buffers, each of which can
--                               be several segments; NULL where the source cannot tell
-- kernel_retransmits  BIGINT    the kernel's own count of segments retransmitted during the capture, whatever the
--                               records tell: from tracepoints and ss as `ss` told it at both ends of the capture;
--                               NULL where it is not known at both
-- retransmit_share   DOUBLE     bytes sent again of sent_bytes, 0 to 1; NULL where the source sees no sends or there
--                               were none
-- rtos               BIGINT     retransmission timeouts; NULL where the source does not see them
-- loss_episodes      BIGINT     times the congestion state became Loss; NULL where the source does not see it
-- recovery_episodes  BIGINT     times it became Recovery; NULL likewise
-- resets             BIGINT     RSTs sent or received on it; NULL where the source does not see them
-- srtt_mean_us       DOUBLE     smoothed RTT, mean over time (each value weighted by how long it was held)
-- srtt_min_us, srtt_max_us  DOUBLE  its extremes
-- rtt_min_us         DOUBLE     smallest round-trip time that the kernel measured, see `rtt_samples`; NULL where there
--                               is none
-- rtt_median_us, rtt_p95_us, rtt_p99_us  DOUBLE  quantiles of what it measured; NULL likewise
-- cwnd_mean          DOUBLE     congestion window, packets, mean over time; NULL where it came down and the source
--                               tells neither timers nor congestion states: a timeout may have lowered it at any time
--                               since the record before
-- cwnd_max           UINTEGER   its maximum
-- inflight_mean_bytes  DOUBLE   snd_nxt - snd_una, mean over time
-- slow_start_exit_s  DOUBLE     when the first slow start ended, seconds since the capture began; NULL where it did
--                               not
-- slow_start_exit_cwnd  UINTEGER  congestion window then, packets; NULL likewise
-- cwnd_share, rwnd_share, sndbuf_share, application_share  DOUBLE  what kept it from sending more, shares of its life:
--                                   see `limits`
-- pacing_share, recovery_share, idle_share  DOUBLE  further such shares
-- limits_basis       VARCHAR    how these are known: see `limits`
-- cong               VARCHAR    congestion control algorithm, the last where it changed; NULL where the source does
--                               not tell
-- pid                UINTEGER   the process that opened or accepted it; NULL where that was before the capture or the
--                               source does not tell
-- comm               VARCHAR    its name, as it has called itself; NULL likewise
-- cgroup_id          UBIGINT    inode number of its cgroup's folder in cgroup2; NULL likewise
-- crosses_gap        BOOLEAN    records of the capture were lost that can be the flow's, so counts are lower bounds:
--                               during it, before it where its setup was not seen, behind it where its end was not
-- gap_share          DOUBLE     share of its life in which they were; 1 where their place is not known; NULL for a
--                               flow of one moment
-- at_least           VARCHAR    the columns, separated by commas, whose number is the least that it can be: of polls,
--                               of a capture that lost or left out records, of what is seen until the close, of
--                               buffers
-- about              VARCHAR    those whose number is approximate, for these reasons or as it stands on a proxy
WITH
  samples AS (
    SELECT
      seen.capture,
      flow,
      rtt_min_us,
      rtt_quantiles AS quantiles
    FROM
      _connections AS seen
      JOIN captures ON captures.capture = seen.capture
    WHERE
      samples_are_told(exact_srtt, srtt_min_us)
      AND seen.capture NOT IN (
        SELECT
          capture
        FROM
          losses
      )
    UNION ALL
    -- Where records were lost, without the samples across a loss.
    SELECT
      capture,
      flow,
      min(rtt_us),
      quantiles_of(rtt_us)
    FROM
      _lossy_rtt_samples
    GROUP BY
      capture,
      flow
  ),
  lost AS (
    SELECT
      _connections.capture,
      flow,
      bool_or(
        from_s IS NULL
        AND to_s IS NULL
      ) AS is_anywhere,
      exact_sum(seconds_in(from_s, to_s, start_s, end_s)) AS lost_s
    FROM
      _connections
      JOIN losses ON losses.capture = _connections.capture
      AND can_be_in(from_s, to_s, lives_from_s, lives_to_s)
    GROUP BY
      _connections.capture,
      flow
  )
SELECT
  seen.capture,
  seen.flow,
  saddr,
  sport,
  daddr,
  dport,
  start_s,
  duration_s,
  records,
  CASE
    WHEN has_start
    AND done_s IS NOT NULL THEN CASE
      WHEN tail_unseen THEN 'until its close'
      ELSE 'whole'
    END
    WHEN has_start THEN 'no end'
    WHEN done_s IS NOT NULL THEN CASE
      WHEN tail_unseen THEN 'no start, until its close'
      ELSE 'no start'
    END
    ELSE 'neither'
  END AS seen,
  acked_bytes,
  acked_until_s,
  CASE
    WHEN sees_closes
    OR acked_until_s >= end_s THEN acked_bytes
  END * 8 / nullif(
    CASE
      WHEN tail_unseen THEN round(acked_until_s - start_s, 9)
      ELSE duration_s
    END,
    0
  ) AS goodput_bps,
  CASE
    WHEN sees_sends
    AND NOT polled THEN sent_bytes
    WHEN polled
    AND is_born THEN last_sent_bytes
    WHEN polled THEN sent_bytes
  END::BIGINT AS sent_bytes,
  CASE
    WHEN sees_sends THEN sends
  END AS sends,
  CASE
    WHEN NOT sees_retransmits THEN NULL
    WHEN NOT counts_packets THEN retransmit_events
    WHEN is_born THEN retrans
    ELSE retrans - first_retrans
  END::BIGINT AS retransmits,
  CASE
    WHEN _socket_counts.kernel_retransmits IS NOT NULL THEN _socket_counts.kernel_retransmits
    WHEN counts_packets
    AND NOT polled THEN CASE
      WHEN has_start THEN retrans
      ELSE retrans - first_retrans
    END
  END::BIGINT AS kernel_retransmits,
  CASE
    WHEN sees_sends THEN coalesce(retransmitted_bytes, 0)::DOUBLE / nullif(sent_bytes, 0)
  END AS retransmit_share,
  rto_num::BIGINT AS rtos,
  CASE
    WHEN sees_ca_state THEN coalesce(loss_episodes, 0)
  END AS loss_episodes,
  CASE
    WHEN sees_ca_state THEN coalesce(recovery_episodes, 0)
  END AS recovery_episodes,
  CASE
    WHEN sees_resets THEN resets
  END AS resets,
  srtt_mean_us,
  srtt_min_us,
  srtt_max_us,
  samples.rtt_min_us,
  median_of(quantiles) AS rtt_median_us,
  p95_of(quantiles) AS rtt_p95_us,
  p99_of(quantiles) AS rtt_p99_us,
  CASE
    WHEN counts_packets
    OR sees_ca_state
    OR falls = 0 THEN cwnd_mean
  END AS cwnd_mean,
  cwnd_max,
  inflight_mean_bytes,
  slow_start.exit_s AS slow_start_exit_s,
  slow_start.exit_cwnd AS slow_start_exit_cwnd,
  cwnd_share,
  rwnd_share,
  sndbuf_share,
  application_share,
  pacing_share,
  recovery_share,
  idle_share,
  basis AS limits_basis,
  coalesce(seen.cong, _socket_counts.cong) AS cong,
  pid,
  comm,
  cgroup_id,
  lost.flow IS NOT NULL AS crosses_gap,
  gap_share_of(is_anywhere, lost_s, duration_s) AS gap_share,
  concat_ws(
    ', ',
    CASE
      WHEN polled THEN 'duration_s'
    END,
    CASE
      WHEN polled
      OR sampled
      OR tail_unseen
      OR NOT sees_closes
      OR (
        lost.flow IS NOT NULL
        AND fin_seq IS NULL
      ) THEN 'acked_bytes'
    END,
    CASE
      WHEN polled
      OR lost.flow IS NOT NULL THEN 'sent_bytes'
    END,
    CASE
      WHEN lost.flow IS NOT NULL THEN 'sends'
    END,
    CASE
      WHEN polled
      OR (
        NOT counts_packets
        AND (
          retransmit_events > 0
          OR lost.flow IS NOT NULL
        )
      ) THEN 'retransmits'
    END,
    CASE
      WHEN lost.flow IS NOT NULL THEN 'rtos'
    END,
    CASE
      WHEN sampled
      OR lost.flow IS NOT NULL THEN 'loss_episodes'
    END,
    CASE
      WHEN sampled
      OR lost.flow IS NOT NULL THEN 'recovery_episodes'
    END,
    CASE
      WHEN sampled
      OR lost.flow IS NOT NULL THEN 'resets'
    END,
    CASE
      WHEN polled
      OR sampled
      OR lost.flow IS NOT NULL THEN 'cwnd_max'
    END
  ) AS at_least,
  concat_ws(
    ', ',
    CASE
      WHEN polled
      OR sampled
      OR (
        lost.flow IS NOT NULL
        AND fin_seq IS NULL
      ) THEN 'goodput_bps'
    END,
    CASE
      WHEN lost.flow IS NOT NULL THEN 'retransmit_share'
    END,
    CASE
      WHEN polled
      OR sampled
      OR lost.flow IS NOT NULL THEN 'srtt_mean_us'
    END,
    CASE
      WHEN polled
      OR sampled
      OR lost.flow IS NOT NULL THEN 'srtt_min_us'
    END,
    CASE
      WHEN polled
      OR sampled
      OR lost.flow IS NOT NULL THEN 'srtt_max_us'
    END,
    CASE
      WHEN lost.flow IS NOT NULL THEN 'rtt_min_us'
    END,
    CASE
      WHEN lost.flow IS NOT NULL THEN 'rtt_median_us'
    END,
    CASE
      WHEN lost.flow IS NOT NULL THEN 'rtt_p95_us'
    END,
    CASE
      WHEN lost.flow IS NOT NULL THEN 'rtt_p99_us'
    END,
    CASE
      WHEN polled
      OR sampled
      OR lost.flow IS NOT NULL
      OR (
        NOT counts_packets
        AND coalesce(loss_episodes, 0) > 0
      ) THEN 'cwnd_mean'
    END,
    CASE
      WHEN polled
      OR sampled
      OR lost.flow IS NOT NULL
      OR NOT sees_sends THEN 'inflight_mean_bytes'
    END,
    CASE
      WHEN slow_start.about <> '' THEN 'slow_start_exit_s, slow_start_exit_cwnd'
    END,
    -- What `limits` has beside the shares is no column here.
    replace(limits.about, 'life_s, ', '')
  ) AS about
FROM
  _connections AS seen
  JOIN captures ON captures.capture = seen.capture
  JOIN _data_flows ON _data_flows.capture = seen.capture
  AND _data_flows.flow = seen.flow
  LEFT JOIN samples ON samples.capture = seen.capture
  AND samples.flow = seen.flow
  LEFT JOIN slow_start ON slow_start.capture = seen.capture
  AND slow_start.flow = seen.flow
  LEFT JOIN limits ON limits.capture = seen.capture
  AND limits.flow = seen.flow
  LEFT JOIN _socket_counts ON _socket_counts.capture = seen.capture
  AND _socket_counts.flow = seen.flow
  LEFT JOIN lost ON lost.capture = seen.capture
  AND lost.flow = seen.flow;
