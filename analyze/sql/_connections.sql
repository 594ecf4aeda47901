-- One row a connection: sums, extremes and counts over its records. One reading of the records makes all of them, and
-- `flows` is made of these.
-- needs: _records
-- capture, flow                file and connection
-- saddr, sport, daddr, dport   its ends
-- start_s, end_s, duration_s   DOUBLE   first record, last record, and between them, seconds since the capture began
-- records                      BIGINT   how many
-- has_start                    BOOLEAN  its setup was seen
-- done_s                       DOUBLE   its end; NULL where it was not seen
-- lives_from_s, lives_to_s     DOUBLE   when it can have had records: from start_s to end_s, but from the beginning or
--                                       to the end of time where its setup or its end was not seen. Polls show when a
--                                       connection was there, so of these it is from start_s to end_s
-- lowest_una, highest_una      BIGINT   what was acknowledged at first and at last (of ss: bytes_acked)
-- acked_until_s                DOUBLE   when that was, seconds since the capture began
-- closing_s                    DOUBLE   when it left ESTABLISHED, where that is told without its end; else NULL
-- last_sent_bytes              BIGINT   bytes_sent at last
-- last_seq                     BIGINT   the last sequence number, of a connection that ended with all acknowledged: a
--                                       FIN's, unless it was reset
-- syn_end, fin_seq             BIGINT   sequence numbers behind its SYN and of its FIN; NULL where these were not
--                                       seen. Where no sends are seen, the FIN's is what was written as the socket
--                                       closed
-- sent_bytes, sends, retransmitted_bytes   payload sent, in how many segments, and what of it had been sent before
-- retrans, first_retrans       the kernel's count of retransmissions since the connection began: the last, the first
-- retransmit_events            how many the tracepoint tells
-- resets, rto_num              RSTs and timeouts
-- srtt_min_us, srtt_max_us, cwnd_max       extremes
-- last_cwnd                    UINTEGER window at its last record that tells
-- falls                        BIGINT   records that show a smaller window than was told before
-- exit_ord, exit_ssthresh      BIGINT, UINTEGER   place of the first record at which snd_cwnd >= ssthresh, and
--                                       ssthresh there; NULL where there is none
-- pid, comm, cgroup_id         the process that opened or accepted it; NULL where that is not told
-- cong                         VARCHAR  congestion control algorithm, the last that was told; NULL where the source
--                                   does not tell
SELECT
  capture,
  flow,
  any_value(saddr) AS saddr,
  any_value(sport) AS sport,
  any_value(daddr) AS daddr,
  any_value(dport) AS dport,
  min(t) AS start_s,
  max(t) AS end_s,
  round(max(t) - min(t), 9) AS duration_s,
  count(*) AS records,
  count(
    CASE
      WHEN type = 'setup' THEN 1
    END
  ) > 0 AS has_start,
  max(
    CASE
      WHEN type = 'done' THEN t
    END
  ) AS done_s,
  CASE
    WHEN count(
      CASE
        WHEN type IN ('setup', 'sample') THEN 1
      END
    ) > 0 THEN min(t)
    ELSE -1e9
  END AS lives_from_s,
  CASE
    WHEN count(
      CASE
        WHEN type IN ('done', 'sample') THEN 1
      END
    ) > 0 THEN max(t)
    ELSE 1e9
  END AS lives_to_s,
  max(
    CASE
      WHEN snd_una IS NOT NULL
      OR bytes_acked IS NOT NULL THEN t
    END
  ) AS acked_until_s,
  min(
    CASE
      WHEN type = 'state'
      AND detail LIKE 'ESTABLISHED to %' THEN t
    END
  ) AS closing_s,
  -- Polls: bytes_acked counts the SYN of a connection that was opened here, and the FIN once that is acknowledged.
  coalesce(
    min(snd_una),
    min(
      CASE
        WHEN type <> 'sample'
        OR detail IS NULL
        OR detail NOT LIKE 'SYN-%' THEN bytes_acked
      END
    )
  ) AS lowest_una,
  coalesce(
    max(snd_una),
    max(
      CASE
        WHEN type = 'sample'
        AND detail IN ('FIN-WAIT-2', 'TIME-WAIT') THEN bytes_acked - 1
        ELSE bytes_acked
      END
    )
  ) AS highest_una,
  max(bytes_sent) AS last_sent_bytes,
  min(
    CASE
      WHEN type = 'done'
      AND snd_una = write_seq THEN write_seq - 1
    END
  ) AS last_seq,
  min(
    CASE
      WHEN type = 'send'
      AND tcp_flags & 2 = 2 THEN seq_num + 1
    END
  ) AS syn_end,
  -- The kernel changes the state, then queues the FIN.
  min(
    CASE
      WHEN type = 'send'
      AND tcp_flags & 1 = 1 THEN seq_num + length_bytes
      WHEN type = 'state'
      AND detail IN ('ESTABLISHED to FIN_WAIT1', 'SYN_RECV to FIN_WAIT1', 'CLOSE_WAIT to LAST_ACK') THEN write_seq
    END
  ) AS fin_seq,
  coalesce(
    sum(
      CASE
        WHEN type = 'send' THEN length_bytes
      END
    ),
    max(bytes_sent) - min(bytes_sent)
  ) AS sent_bytes,
  count(
    CASE
      WHEN type = 'send'
      AND length_bytes > 0 THEN 1
    END
  ) AS sends,
  sum(
    CASE
      WHEN is_sent_again(type, seq_num, snd_nxt) THEN length_bytes
    END
  ) AS retransmitted_bytes,
  max(retrans) AS retrans,
  min(retrans) AS first_retrans,
  count(
    CASE
      WHEN type = 'retransmit' THEN 1
    END
  ) AS retransmit_events,
  count(
    CASE
      WHEN type IN ('reset_sent', 'reset_received')
      OR tcp_flags & 4 = 4 THEN 1
    END
  ) AS resets,
  max(rto_num) AS rto_num,
  min(nullif(srtt_us, 0)) AS srtt_min_us,
  max(srtt_us) AS srtt_max_us,
  max(snd_cwnd) AS cwnd_max,
  max_by(
    snd_cwnd,
    CASE
      WHEN snd_cwnd IS NOT NULL THEN ord
    END
  ) AS last_cwnd,
  count(
    CASE
      WHEN snd_cwnd < previous_cwnd THEN 1
    END
  ) AS falls,
  min(
    CASE
      WHEN snd_cwnd >= ssthresh THEN ord
    END
  ) AS exit_ord,
  min_by(
    ssthresh,
    CASE
      WHEN snd_cwnd >= ssthresh THEN ord
    END
  ) AS exit_ssthresh,
  min_by(
    t,
    CASE
      WHEN snd_cwnd >= ssthresh THEN ord
    END
  ) AS exit_t,
  min_by(
    coalesce(told_ns, -1),
    CASE
      WHEN snd_cwnd >= ssthresh THEN ord
    END
  ) AS exit_step_ns,
  min_by(
    CASE
      WHEN step_ns IS NULL THEN snd_cwnd
      ELSE coalesce(previous_cwnd, 0)
    END,
    CASE
      WHEN snd_cwnd >= ssthresh THEN ord
    END
  ) AS exit_cwnd,
  min_by(
    coalesce(held_state, ''),
    CASE
      WHEN snd_cwnd >= ssthresh THEN ord
    END
  ) AS exit_state,
  max_by(
    cong,
    CASE
      WHEN cong IS NOT NULL THEN ord
    END
  ) AS cong,
  max(pid) AS pid,
  max(comm) AS comm,
  max(cgroup_id) AS cgroup_id,
  mean_over_time(nullif(srtt_us, 0), 8, told_ns) AS srtt_mean_us,
  mean_over_two_times(snd_cwnd, window_ns, previous_cwnd, before_ns) AS cwnd_mean,
  mean_over_time(inflight_bytes, 1, told_ns) AS inflight_mean_bytes,
  count(
    CASE
      WHEN is_interval
      AND held_state = 'Loss'
      AND (
        previous_state IS NULL
        OR previous_state <> 'Loss'
      ) THEN 1
    END
  ) AS loss_episodes,
  count(
    CASE
      WHEN is_interval
      AND held_state = 'Recovery'
      AND (
        previous_state IS NULL
        OR previous_state <> 'Recovery'
      ) THEN 1
    END
  ) AS recovery_episodes,
  min(rtt_sample_us) AS rtt_min_us,
  quantiles_of(rtt_sample_us) AS rtt_quantiles,
  sum(
    CASE
      WHEN held_by IS NOT NULL THEN step_ns
    END
  ) AS told_ns,
  min(
    CASE
      WHEN held_by IS NOT NULL THEN nanoseconds(t) - step_ns
    END
  ) / 1e9 AS told_from_s,
  max(
    CASE
      WHEN held_by IS NOT NULL
      AND step_ns IS NOT NULL THEN t
    END
  ) AS told_to_s,
  held_s('cwnd', held_by, step_ns - coalesce(idle_ns, 0)) AS cwnd_s,
  held_s('rwnd', held_by, step_ns - coalesce(idle_ns, 0)) AS rwnd_s,
  held_s('application', held_by, step_ns - coalesce(idle_ns, 0)) AS application_s,
  held_s('pacing', held_by, step_ns - coalesce(idle_ns, 0)) AS pacing_s,
  held_s('recovery', held_by, step_ns - coalesce(idle_ns, 0)) AS recovery_s,
  held_s('idle', held_by, step_ns) + seconds_of(coalesce(sum(idle_ns), 0)) AS idle_s,
  count(busy_us) > 0 AS has_kernel_times,
  (max(busy_us) - min(busy_us)) / 1e6 AS busy_s,
  (max(rwnd_limited_us) - min(rwnd_limited_us)) / 1e6 AS kernel_rwnd_s,
  (max(sndbuf_limited_us) - min(sndbuf_limited_us)) / 1e6 AS sndbuf_s
FROM
  _records
GROUP BY
  capture,
  flow;
