-- Goodput, throughput and retransmissions of each connection in windows of equal length, from its first record to its
-- last. A window without records has goodput 0: nothing was acknowledged in it.
-- needs: _trace, captures, settings, losses
-- capture              USMALLINT  file the flow is of
-- flow                 UINTEGER   connection
-- window_start_s       DOUBLE     seconds since the capture began
-- window_s             DOUBLE     length of the window, seconds (settings.window_s)
-- acked_bytes          BIGINT     new bytes acknowledged: how far snd_una moved (the sequence numbers of SYN and FIN
--                            count as one each); from ss how far bytes_acked did, which each poll tells only up to its
--                            own moment. NULL from tracepoints from the moment on that the connection closes; where
--                            they tell no closes, from the window on in which the last acknowledgement was told
-- goodput_bps          DOUBLE     acked_bytes in bit/s
-- sent_bytes           BIGINT     payload bytes sent, retransmissions included; NULL where the source sees no sends
-- throughput_bps       DOUBLE     sent_bytes in bit/s; NULL likewise
-- retransmitted_bytes  BIGINT     of sent_bytes, those below snd_nxt: sent before; NULL where the source sees no
--                                 single sends
-- retransmit_share     DOUBLE     retransmitted_bytes of sent_bytes, 0 to 1; NULL likewise, and where nothing was sent
-- retransmits          BIGINT     segments retransmitted (the kernel's count; from tracepoints, buffers, each of which
--                                 can be several segments); NULL where the source cannot tell
-- outstanding          BOOLEAN    data was sent and not yet acknowledged at some moment of the window; NULL where the
--                                 source cannot tell. Where it shows no sends, what is acknowledged after a silence in
--                                 which all before had been acknowledged was sent a smoothed RTT earlier
-- crosses_gap          BOOLEAN    records of the capture were lost in or next to the window
-- at_least             VARCHAR    the columns, separated by commas, whose number is the least that it can be: where
--                                 records were lost, and of buffers
-- about                VARCHAR    those whose number is approximate: where records were lost or left out, and of
--                                 polls, between which the rest of a window lies
WITH
  per_window AS (
    SELECT
      capture,
      flow,
      window_of(t, window_s) AS w,
      min(t) AS first_s,
      max(
        CASE
          WHEN coalesce(snd_una, bytes_acked) IS NOT NULL THEN t
        END
      ) AS told_until_s,
      -- A record shows snd_una before its segment. Where the source tells what the segment acknowledges, that counts
      -- at once; the kernel does not look at the acknowledgement of a RST, nor at one of data that was never sent.
      greatest(
        max(coalesce(snd_una, bytes_acked)),
        max(
          CASE
            WHEN type = 'recv'
            AND tcp_flags & 20 = 16
            AND ack_num <= snd_nxt THEN ack_num
          END
        )
      ) AS una,
      min(coalesce(snd_una, bytes_acked)) AS lowest_una,
      sum(
        CASE
          WHEN type = 'send' THEN length_bytes
        END
      )::BIGINT AS sent_bytes,
      sum(
        CASE
          WHEN is_sent_again(type, seq_num, snd_nxt) THEN length_bytes
        END
      )::BIGINT AS retransmitted_bytes,
      max(bytes_sent) AS sent_so_far,
      max(retrans) AS retrans,
      count(
        CASE
          WHEN type = 'retransmit' THEN 1
        END
      ) AS retransmit_events,
      CASE
        WHEN count(
          CASE
            WHEN type = 'retransmit'
            OR (
              type = 'ca_state'
              AND ca_state = 'Loss'
            ) THEN 1
          END
        ) > 0 THEN true
        ELSE max(coalesce(snd_nxt - snd_una, packets_out)) > 0
      END AS outstanding,
      -- What the window's first record tells was so since the record before, but for a lull.
      min_by(
        CASE
          WHEN type = 'ca_state'
          AND ca_state = 'Loss'
          OR coalesce(snd_nxt - snd_una, packets_out) > 0 THEN t - (
            coalesce(silent_ns, step_ns, 0) - coalesce(
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
              ),
              0
            )
          ) / 1e9
          ELSE 1e9
        END,
        CASE
          WHEN coalesce(snd_nxt - snd_una, packets_out) IS NOT NULL
          OR (
            type = 'ca_state'
            AND ca_state = 'Loss'
          ) THEN ord
        END
      ) AS outstanding_from_s,
      min(
        CASE
          WHEN type = 'state'
          AND detail LIKE 'ESTABLISHED to %' THEN t
        END
      ) AS closing_s
    FROM
      _trace
      CROSS JOIN settings
    WHERE
      flow IS NOT NULL
    GROUP BY
      capture,
      flow,
      w
  ),
  per_flow AS (
    SELECT
      capture,
      flow,
      min(w) AS first_w,
      max(w) AS last_w,
      min(lowest_una) AS first_una,
      count(sent_bytes) > 0 AS has_sends,
      min(sent_so_far) AS first_sent,
      min(retrans) AS first_retrans,
      min(closing_s) AS closing_s,
      max(
        CASE
          WHEN una IS NOT NULL THEN w
        END
      ) AS last_told_w
    FROM
      per_window
    GROUP BY
      capture,
      flow
    HAVING
      count(una) > 0
      OR sum(retransmit_events) > 0
  ),
  every_window AS (
    SELECT
      capture,
      flow,
      has_sends,
      first_una,
      first_sent,
      first_retrans,
      closing_s,
      last_told_w,
      explode(sequence(first_w, first_w + so_many_windows(windows, total) - 1)) AS w
    FROM
      (
        SELECT
          *,
          last_w + 1 - first_w AS windows,
          sum(last_w + 1 - first_w) OVER () AS total
        FROM
          per_flow
      )
  ),
  filled AS (
    SELECT
      every_window.*,
      sent_bytes,
      retransmitted_bytes,
      retransmit_events,
      coalesce(max(una) OVER so_far, first_una) AS una,
      coalesce(max(sent_so_far) OVER so_far, first_sent) AS sent_so_far,
      coalesce(max(retrans) OVER so_far, first_retrans) AS retrans,
      outstanding,
      max(told_until_s) OVER before AS told_before_s,
      min(
        CASE
          WHEN outstanding_from_s IS NOT NULL THEN every_window.w
        END
      ) OVER behind AS telling_w,
      min(
        CASE
          WHEN outstanding_from_s IS NOT NULL THEN first_s
        END
      ) OVER behind AS told_behind_s
    FROM
      every_window
      LEFT JOIN per_window ON per_window.capture = every_window.capture
      AND per_window.flow = every_window.flow
      AND per_window.w = every_window.w
    WINDOW
      so_far AS (
        PARTITION BY
          every_window.capture,
          every_window.flow
        ORDER BY
          every_window.w ROWS UNBOUNDED PRECEDING
      ),
      before AS (
        PARTITION BY
          every_window.capture,
          every_window.flow
        ORDER BY
          every_window.w ROWS BETWEEN UNBOUNDED PRECEDING
          AND 1 PRECEDING
      ),
      behind AS (
        PARTITION BY
          every_window.capture,
          every_window.flow
        ORDER BY
          every_window.w ROWS BETWEEN 1 FOLLOWING
          AND UNBOUNDED FOLLOWING
      )
  ),
  counted AS (
    SELECT
      filled.capture,
      flow,
      w,
      outstanding,
      telling_w,
      told_before_s,
      told_behind_s,
      round(w * window_s, 9) AS window_start_s,
      window_s,
      CASE
      -- Tracepoints show nothing of what is acknowledged once the connection closes.
        WHEN NOT counts_packets
        AND w >= CASE
          WHEN sees_closes THEN window_of(closing_s, window_s)
          ELSE coalesce(last_told_w, w)
        END THEN NULL
        -- While nothing was received, nothing was acknowledged.
        ELSE coalesce(una, 0) - lag(coalesce(una, 0), 1, coalesce(first_una, 0)) OVER so_far
      END AS acked_bytes,
      CASE
        WHEN has_sends
        AND sees_sends THEN coalesce(sent_bytes, 0)
        ELSE sent_so_far - lag(sent_so_far, 1, first_sent) OVER so_far
      END AS sent_bytes,
      CASE
        WHEN has_sends
        AND sees_sends THEN coalesce(retransmitted_bytes, 0)
      END AS retransmitted_bytes,
      CASE
        WHEN NOT sees_retransmits THEN NULL
        WHEN NOT counts_packets THEN coalesce(retransmit_events, 0)
        ELSE retrans::BIGINT - lag(retrans, 1, first_retrans) OVER so_far
      END AS retransmits,
      sees_sends,
      counts_packets,
      polled
      OR sampled AS is_sparse
    FROM
      filled
      CROSS JOIN settings
      JOIN captures ON captures.capture = filled.capture
    WINDOW
      so_far AS (
        PARTITION BY
          filled.capture,
          flow
        ORDER BY
          w
      )
  ),
  gap_windows AS (
    SELECT DISTINCT
      counted.capture,
      flow,
      w
    FROM
      counted
      JOIN losses ON losses.capture = counted.capture
      -- What was told before the window, and behind it, is needed, too.
      AND can_be_in(
        from_s,
        to_s,
        least(told_before_s, window_start_s),
        greatest(told_behind_s, window_start_s + window_s)
      )
  )
SELECT
  counted.capture,
  counted.flow,
  window_start_s,
  window_s,
  acked_bytes,
  acked_bytes * 8 / nullif(window_s, 0) AS goodput_bps,
  counted.sent_bytes,
  counted.sent_bytes * 8 / nullif(window_s, 0) AS throughput_bps,
  counted.retransmitted_bytes,
  counted.retransmitted_bytes::DOUBLE / nullif(counted.sent_bytes, 0) AS retransmit_share,
  retransmits,
  -- A record tells of the time before it, so the next one of a later window can tell of this one.
  counted.outstanding IS TRUE
  OR coalesce(outstanding_from_s < window_start_s + window_s, counted.outstanding) AS outstanding,
  gap_windows.w IS NOT NULL AS crosses_gap,
  concat_ws(
    ', ',
    CASE
      WHEN gap_windows.w IS NOT NULL
      AND sees_sends THEN 'sent_bytes, throughput_bps, retransmitted_bytes'
    END,
    CASE
      WHEN NOT counts_packets
      AND (
        gap_windows.w IS NOT NULL
        OR retransmits > 0
      ) THEN 'retransmits'
    END
  ) AS at_least,
  concat_ws(
    ', ',
    CASE
      WHEN is_sparse
      OR gap_windows.w IS NOT NULL THEN 'acked_bytes, goodput_bps, retransmit_share'
    END,
    CASE
      WHEN NOT sees_sends
      AND (
        is_sparse
        OR gap_windows.w IS NOT NULL
      ) THEN 'sent_bytes, throughput_bps'
    END,
    CASE
      WHEN counts_packets
      AND (
        is_sparse
        OR gap_windows.w IS NOT NULL
      ) THEN 'retransmits'
    END
  ) AS about
FROM
  counted
  LEFT JOIN per_window AS telling ON telling.capture = counted.capture
  AND telling.flow = counted.flow
  AND telling.w = telling_w
  LEFT JOIN gap_windows ON gap_windows.capture = counted.capture
  AND gap_windows.flow = counted.flow
  AND gap_windows.w = counted.w;
