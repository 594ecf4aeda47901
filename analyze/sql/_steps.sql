-- The time line of each connection as stretches: what the kernel held between two of its records. A record shows the
-- state before the kernel handled the packet, so its numbers are those of the time since the connection's previous
-- record, not of the time after it. Ordering each connection's records is the costliest step there is, and every metric of
-- time rests on it: so it is done once, with as little in each row as can be, and kept in a file, which
-- leaves the memory to the metrics.
-- needs: _trace, captures, _segment_size
-- capture            USMALLINT  file
-- flow               UINTEGER   connection
-- ord                BIGINT     place of the record that ends the stretch
-- type               VARCHAR    its type; words are plain text here, which the file's dictionaries make the quickest to compare
-- since_s            DOUBLE     time of the connection's previous record, seconds since the capture began; NULL for its first
-- t                  DOUBLE     time of the record, likewise
-- snd_cwnd           UINTEGER   packets; NULL at a tracepoint's change of the congestion state, which tells no more
-- srtt_us            DOUBLE     smoothed RTT; NULL likewise, and before the first measurement
-- inflight_bytes     BIGINT     snd_nxt - snd_una; NULL where the source lacks them
-- ca_state           VARCHAR    congestion state during the stretch; NULL where the source does not tell. Tracepoints tell
--                               changes only, so there it is Open until the first
-- previous_ca_state  VARCHAR    that of the stretch before; NULL for the first
-- rtt_sample_us      DOUBLE     round-trip time that the kernel measured as it handled the previous record; NULL where it did
--                               not, or the source cannot tell. The kernel keeps srtt' = srtt + (sample - srtt) / 8 in whole
--                               eighths (tcp_rtt_estimator), which is turned round here; mdev tells of samples equal to srtt.
--                               Tracepoints have srtt in whole us only, so there it is within 8 us
-- held_by            VARCHAR    what kept the sender from sending during the stretch: 'recovery', 'cwnd', 'rwnd', 'pacing',
--                               'application', 'idle'; NULL before the connection is established and where the source cannot
--                               tell. docs/metrics.md has the rules
COPY (
WITH polled_or_probed AS (
  SELECT _trace.capture, flow, ord, type, t, snd_cwnd, ca_state, low32(snd_nxt) AS snd_nxt, low32(write_seq) AS write_seq,
    TRY_CAST(snd_nxt - snd_una AS INTEGER) AS inflight_bytes,
    -- Of srtt in eighths, and of what tells that it was measured anew: both in one number, as each is needed twice.
    least(srtt_us * 8, 2147483647)::BIGINT * 4294967296 + coalesce((mdev_us * 4)::BIGINT, snd_una & 4294967295, 0) AS estimator,
    source = 'ss' AND wqueue_bytes > packets_out::BIGINT * mss_bytes AS waiting,
    packets_out,
    packets_out::BIGINT + retrans_out - sacked_out - lost_out AS inflight_packets,
    -- Something is in flight and believed lost, or a retransmission or its timer ends the stretch.
    packets_out > 0 AND (ca_state IN ('Recovery', 'Loss')
      OR (type = 'timeout' AND coalesce(timer, 'rto') = 'rto')
      OR (type = 'send' AND length_bytes > 0 AND seq_num < snd_nxt)
      OR (source = 'ss' AND lost_out + retrans_out > 0)) AS recovering,
    least(coalesce(mss_bytes, (snd_nxt - snd_una) / nullif(packets_out, 0), 536), 65535)::USMALLINT AS segment_bytes,
    snd_wnd_bytes - coalesce(snd_nxt - snd_una, packets_out::BIGINT * mss_bytes) AS window_bytes
  FROM _trace JOIN captures USING (capture)
  WHERE source <> 'tracefs' AND flow IS NOT NULL AND snd_cwnd IS NOT NULL
), traced AS (
  SELECT _trace.capture, flow, ord, type, t, snd_cwnd, TRY_CAST(snd_nxt - snd_una AS INTEGER) AS inflight_bytes,
    least(srtt_us * 8, 2147483647)::BIGINT * 4294967296 + (snd_una & 4294967295) AS estimator,
    snd_wnd_bytes, segment_bytes,
    ca_state AS next_ca_state,
    CASE WHEN sees_ca_state THEN coalesce(last_value(ca_state IGNORE NULLS) OVER before, 'Open') END AS ca_state
  FROM _trace JOIN captures USING (capture) LEFT JOIN _segment_size USING (flow)
  WHERE source = 'tracefs' AND flow IS NOT NULL AND (snd_cwnd IS NOT NULL OR ca_state IS NOT NULL)
  WINDOW before AS (PARTITION BY flow ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), judged AS (
  -- The words as enumerations: one byte each to order.
  SELECT capture, flow, ord, type::record_type AS type, t, snd_cwnd, ca_state::ca_state AS ca_state, snd_nxt, write_seq, inflight_bytes, estimator, segment_bytes,
    CASE
      WHEN type = 'setup' THEN NULL
      WHEN recovering THEN 'recovery'::held_by
      WHEN inflight_packets >= snd_cwnd THEN 'cwnd'::held_by
      WHEN window_bytes < segment_bytes THEN 'rwnd'::held_by
      -- Segmentation offload waits for up to a third of the window to be free (tcp_tso_should_defer).
      WHEN inflight_packets * 3 >= snd_cwnd::BIGINT * 2 THEN 'cwnd'::held_by
      ELSE 'pacing'::held_by
    END AS if_waiting,
    CASE
      WHEN type = 'setup' THEN NULL
      WHEN recovering THEN 'recovery'::held_by
      WHEN packets_out > 0 THEN 'application'::held_by
      ELSE 'idle'::held_by
    END AS otherwise,
    waiting
  FROM polled_or_probed
  UNION ALL
  SELECT capture, flow, ord, type::record_type, t, snd_cwnd, ca_state::ca_state, NULL, NULL, inflight_bytes, estimator, NULL, NULL,
    CASE
      WHEN ca_state IN ('Recovery', 'Loss') OR next_ca_state = 'Loss' THEN 'recovery'::held_by
      WHEN inflight_bytes = 0 THEN 'idle'::held_by
      WHEN inflight_bytes > 0.85 * snd_cwnd * segment_bytes - segment_bytes THEN 'cwnd'::held_by
      WHEN snd_wnd_bytes - inflight_bytes < coalesce(segment_bytes, 1448) THEN 'rwnd'::held_by
      WHEN inflight_bytes > 0 THEN 'application'::held_by
    END, NULL
  FROM traced
), paired AS (
  SELECT *,
    lag(t) OVER so_far AS since_s,
    lag(ca_state) OVER so_far AS previous_ca_state,
    lag(estimator) OVER so_far AS previous_estimator,
    -- Written before the stretch began: what was written meanwhile tells nothing of waiting.
    lag(write_seq) OVER so_far AS written
  FROM judged WINDOW so_far AS (PARTITION BY flow ORDER BY ord)
)
SELECT capture, flow, ord, type, since_s, t, snd_cwnd, nullif(estimator >> 32, 0) / 8.0 AS srtt_us, inflight_bytes::BIGINT AS inflight_bytes, ca_state, previous_ca_state,
  CASE
    WHEN estimator = previous_estimator OR type = 'sample' THEN NULL
    WHEN previous_estimator >> 32 = 0 THEN nullif(estimator >> 32, 0) / 8.0
    ELSE ((estimator >> 32) - (previous_estimator >> 32) + (previous_estimator >> 35))::DOUBLE
  END AS rtt_sample_us,
  CASE
    WHEN waiting THEN if_waiting
    -- Less than a segment waits for the acknowledgement of what is in flight (Nagle's rule): the application writes little.
    WHEN unsent BETWEEN 1 AND 2147483647 THEN CASE WHEN if_waiting = 'pacing' AND unsent < segment_bytes THEN otherwise ELSE if_waiting END
    -- Tracepoints do not show when something was sent. In flight for longer than a timeout, unacknowledged: it was not.
    WHEN waiting IS NULL AND otherwise IN ('application', 'cwnd') AND t - since_s > 0.25 + (estimator >> 32) / 2e6 THEN 'idle'::held_by
    ELSE otherwise
  END AS held_by
FROM (SELECT *, (written::BIGINT - snd_nxt) & 4294967295 AS unsent FROM paired)
) TO (getvariable('temporary_directory') || '/steps.parquet') (FORMAT parquet);

CREATE VIEW _steps AS SELECT * FROM read_parquet(getvariable('temporary_directory') || '/steps.parquet');
