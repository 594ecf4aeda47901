-- Writes what _steps.sql describes to the file that the variable `steps_path` names: orders the records of each connection, with as
-- little in each row as can be. Small dictionaries are the quickest to write.
-- needs: _trace, captures, _segment_size
COPY (
WITH polled_or_probed AS (
  SELECT _trace.capture, flow, ord, type, t, snd_cwnd, ca_state, retrans, snd_nxt, write_seq, snd_nxt - snd_una AS inflight_bytes,
    -- Of srtt in eighths, and of what tells that it was measured anew: both in one number, as each is needed twice.
    -- NULL stays NULL, which least() would not let it.
    TRY_CAST(srtt_us * 8 AS INTEGER)::BIGINT * 4294967296 + coalesce((mdev_us * 4)::BIGINT, snd_una & 4294967295, 0) AS estimator,
    source = 'ss' AS polled,
    CASE
      WHEN type = 'setup' THEN NULL
      -- Something is in flight and believed lost, or a retransmission or its timer ends the stretch.
      WHEN packets_out > 0 AND (ca_state IN ('Recovery', 'Loss')
        OR (type = 'send' AND length_bytes > 0 AND seq_num < snd_nxt)
        OR (type = 'timeout' AND coalesce(timer, 'rto') = 'rto')
        OR (source = 'ss' AND lost_out + retrans_out > 0)) THEN 'recovery'::held_by
      WHEN packets_out > 0 THEN 'application'::held_by
      ELSE 'idle'::held_by
    END AS otherwise,
    packets_out::BIGINT + retrans_out - sacked_out - lost_out AS inflight_packets,
    coalesce(mss_bytes, whole_quotient(snd_nxt - snd_una, packets_out), 536) AS segment_bytes,
    snd_wnd_bytes - coalesce(snd_nxt - snd_una, packets_out::DOUBLE * mss_bytes) AS window_bytes,
    -- A poll tells by itself whether data waits.
    source = 'ss' AND wqueue_bytes > packets_out::DOUBLE * mss_bytes AS waiting
  FROM _trace JOIN captures USING (capture)
  WHERE source <> 'tracefs' AND flow IS NOT NULL AND snd_cwnd IS NOT NULL
), traced AS (
  SELECT _trace.capture, flow, ord, t, snd_cwnd, snd_nxt - snd_una AS inflight_bytes,
    TRY_CAST(srtt_us * 8 AS INTEGER)::BIGINT * 4294967296 + (snd_una & 4294967295) AS estimator,
    snd_wnd_bytes, segment_bytes,
    ca_state AS next_ca_state,
    CASE WHEN sees_ca_state THEN coalesce(last_value(ca_state IGNORE NULLS) OVER before, 'Open') END AS ca_state
  FROM _trace JOIN captures USING (capture) LEFT JOIN _segment_size USING (flow)
  WHERE source = 'tracefs' AND flow IS NOT NULL AND (snd_cwnd IS NOT NULL OR ca_state IS NOT NULL)
  WINDOW before AS (PARTITION BY flow ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), weighed AS (
  SELECT *,
    -- What holds it if data is waiting; NULL where nothing is known of that.
    CASE
      WHEN otherwise IS NULL OR otherwise = 'recovery'::held_by THEN otherwise
      WHEN inflight_packets >= snd_cwnd THEN 'cwnd'::held_by
      WHEN window_bytes < segment_bytes THEN 'rwnd'::held_by
      -- Segmentation offload waits for up to a third of the window to be free (tcp_tso_should_defer).
      WHEN inflight_packets * 3 >= snd_cwnd::BIGINT * 2 THEN 'cwnd'::held_by
      ELSE 'pacing'::held_by
    END AS if_waiting
  FROM polled_or_probed
), judged AS (
  -- The words as enumerations: one byte each to order.
  SELECT capture, flow, ord, t, snd_cwnd, ca_state::ca_state AS ca_state, retrans, snd_nxt, write_seq, inflight_bytes, estimator, segment_bytes, polled,
    if_waiting, CASE WHEN waiting THEN if_waiting ELSE otherwise END AS otherwise
  FROM weighed
  UNION ALL
  SELECT capture, flow, ord, t, snd_cwnd, ca_state::ca_state, NULL, NULL, NULL, inflight_bytes, estimator, NULL, false, NULL,
    CASE
      WHEN ca_state IN ('Recovery', 'Loss') OR next_ca_state = 'Loss' THEN 'recovery'::held_by
      WHEN inflight_bytes = 0 THEN 'idle'::held_by
      WHEN inflight_bytes > 0.85 * snd_cwnd * segment_bytes - segment_bytes THEN 'cwnd'::held_by
      WHEN snd_wnd_bytes - inflight_bytes < coalesce(segment_bytes, 1448) THEN 'rwnd'::held_by
      WHEN inflight_bytes > 0 THEN 'application'::held_by
    END
  FROM traced
), paired AS (
  SELECT *,
    lag(t) OVER so_far AS since_s,
    lag(ca_state) OVER so_far AS previous_ca_state,
    lag(snd_cwnd) OVER so_far AS previous_cwnd,
    lag(retrans) OVER so_far AS previous_retrans,
    lag(estimator) OVER so_far AS previous_estimator,
    -- Written before the stretch began: what was written meanwhile tells nothing of waiting.
    lag(write_seq) OVER so_far - snd_nxt AS unsent
  FROM judged WINDOW so_far AS (PARTITION BY flow ORDER BY ord)
)
SELECT capture, flow, ord, since_s, t, snd_cwnd, previous_cwnd, retrans, previous_retrans, nullif(estimator >> 32, 0) / 8.0 AS srtt_us, inflight_bytes, ca_state, previous_ca_state,
  CASE
    WHEN estimator = previous_estimator OR polled THEN NULL
    WHEN previous_estimator >> 32 = 0 THEN nullif(estimator >> 32, 0) / 8.0
    ELSE ((estimator >> 32) - (previous_estimator >> 32) + (previous_estimator >> 35))::DOUBLE
  END AS rtt_sample_us,
  CASE
    -- Less than a segment waits for the acknowledgement of what is in flight (Nagle's rule): the application writes little.
    WHEN unsent > 0 THEN CASE WHEN if_waiting = 'pacing' AND unsent < segment_bytes THEN otherwise ELSE if_waiting END
    -- Tracepoints do not show when something was sent. In flight for longer than a timeout, unacknowledged: it was not.
    WHEN if_waiting IS NULL AND otherwise IN ('application', 'cwnd') AND t - since_s > 0.25 + (estimator >> 32) / 2e6 THEN 'idle'::held_by
    ELSE otherwise
  END AS held_by
FROM paired
) TO (getvariable('steps_path')) (FORMAT parquet, DICTIONARY_SIZE_LIMIT 1000);
