-- One row a round trip of a connection: what went on in it. One ends when what was sent last as it began is
-- acknowledged (as in RFC 9406, section 4.2), and the next begins with the record behind that sends something or shows
-- something in flight.
-- needs: _trace, _connections, captures, losses, _lossy_rounds
-- capture        USMALLINT  file
-- flow           UINTEGER   connection; none of a source without sequence numbers
-- round          BIGINT     number of the round trip on its connection, from 1
-- start_s        DOUBLE     seconds since the capture began
-- duration_s     DOUBLE     from its first record to its last, seconds
-- acked_bytes    BIGINT     new bytes acknowledged in it
-- sent_bytes     BIGINT     payload bytes sent in it, retransmissions included; NULL where the source sees no sends
-- retransmits    BIGINT     segments retransmitted in it (from tracepoints, buffers); NULL where the source cannot
--                           tell
-- snd_cwnd       UINTEGER   largest congestion window in it, packets
-- srtt_us        DOUBLE     smallest smoothed RTT in it, us; NULL before the first measurement
-- rtt_us         DOUBLE     mean of the round-trip times that its records show as measured, us; NULL where they show
--                           none
-- crosses_gap    BOOLEAN    records of the capture were lost in or next to it: between the round trips before and
--      behind
-- at_least       VARCHAR    the columns, separated by commas, whose number is the least that it can be: of buffers
-- about          VARCHAR    those whose number is approximate: where records were lost or left out, as these can have
--                           shown where a round trip ends
WITH
  counted AS (
    SELECT
      capture,
      flow,
      round_trip,
      min(t) AS start_s,
      max(t) AS end_s,
      max(snd_cwnd) AS snd_cwnd,
      min(nullif(srtt_us, 0)) AS srtt_us,
      avg(rtt_sample_us) AS rtt_us,
      min(snd_una) AS first_una,
      max(
        greatest(
          snd_una,
          CASE
            WHEN type = 'recv'
            AND tcp_flags & 20 = 16
            AND ack_num <= snd_nxt THEN ack_num
          END
        )
      ) AS last_una,
      sum(
        CASE
          WHEN type = 'send' THEN length_bytes
        END
      )::BIGINT AS sent_bytes,
      min(retrans) AS first_retrans,
      max(retrans) AS last_retrans,
      count(
        CASE
          WHEN type = 'retransmit' THEN 1
        END
      ) AS retransmit_events
    FROM
      _trace
    WHERE
      flow IS NOT NULL
      AND round_trip IS NOT NULL
    GROUP BY
      capture,
      flow,
      round_trip
  ),
  followed AS (
    SELECT
      *,
      coalesce(lead(first_una) OVER in_order, last_una) - first_una AS acked_bytes,
      rise_of(coalesce(lead(first_retrans) OVER in_order, last_retrans), first_retrans) AS retrans_rise
    FROM
      counted
    WINDOW
      in_order AS (
        PARTITION BY
          capture,
          flow
        ORDER BY
          round_trip
      )
  ),
  connections AS (
    SELECT
      _connections.capture,
      flow,
      sees_sends,
      sees_retransmits,
      counts_packets,
      sampled,
      exact_srtt,
      -- As in `rtt_samples`: where records were lost, not each sample counts.
      samples_are_told(exact_srtt, srtt_min_us)
      AND _connections.capture NOT IN (
        SELECT
          capture
        FROM
          losses
      ) AS tells_each_sample
    FROM
      _connections
      JOIN captures ON captures.capture = _connections.capture
  ),
  told AS (
    SELECT
      followed.capture,
      followed.flow,
      followed.round_trip::BIGINT AS round,
      start_s,
      end_s - start_s AS duration_s,
      acked_bytes,
      CASE
        WHEN sees_sends THEN coalesce(sent_bytes, 0)
      END AS sent_bytes,
      CASE
        WHEN NOT sees_retransmits THEN NULL
        WHEN counts_packets THEN retrans_rise
        ELSE retransmit_events
      END::BIGINT AS retransmits,
      snd_cwnd,
      srtt_us,
      CASE
        WHEN tells_each_sample THEN followed.rtt_us
        ELSE lossy.rtt_us
      END AS rtt_us,
      coalesce(lossy.crosses_gap, false) AS crosses_gap,
      sampled,
      counts_packets,
      exact_srtt
    FROM
      followed
      JOIN connections ON connections.capture = followed.capture
      AND connections.flow = followed.flow
      LEFT JOIN _lossy_rounds AS lossy ON lossy.capture = followed.capture
      AND lossy.flow = followed.flow
      AND lossy.round_trip = followed.round_trip
  )
SELECT
  capture,
  flow,
  round,
  start_s,
  duration_s,
  acked_bytes,
  sent_bytes,
  retransmits,
  snd_cwnd,
  srtt_us,
  rtt_us,
  crosses_gap,
  CASE
    WHEN NOT counts_packets
    AND retransmits > 0
    AND NOT crosses_gap THEN 'retransmits'
    ELSE ''
  END AS at_least,
  CASE
    WHEN sampled
    OR crosses_gap THEN 'start_s, duration_s, acked_bytes, sent_bytes, retransmits, snd_cwnd, srtt_us, rtt_us'
    WHEN NOT exact_srtt THEN 'rtt_us'
    ELSE ''
  END AS about
FROM
  told;
