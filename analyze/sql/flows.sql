-- One row a connection.
-- needs: trace, _held, losses
-- capture          USMALLINT  file it is of
-- flow             UINTEGER   id, in order of first sight
-- saddr, daddr     VARCHAR    local and remote address
-- sport, dport     USMALLINT  local and remote port
-- start_s          DOUBLE     first record, seconds since the capture began
-- duration_s       DOUBLE     first record to last, seconds
-- records          BIGINT     records of it
-- seen             VARCHAR    'whole' where both its setup and its end were seen; else 'no start', 'no end', 'neither'
-- acked_bytes      BIGINT     bytes that the peer acknowledged: advance of snd_una, less the sequence numbers of SYN and FIN
--                             where their records are there; NULL where no record has snd_una
-- goodput_bps      DOUBLE     acked_bytes over duration_s, bit/s; NULL for a flow of one moment
-- sent_bytes       BIGINT     payload bytes sent, retransmissions included; NULL where the source sees no sends
-- retransmits      BIGINT     segments retransmitted (the kernel's own count; from tracepoints, retransmitted buffers, each
--                             of which can be several segments); NULL where the source cannot tell
-- rtos             BIGINT     retransmission timeouts; NULL where the source does not see them
-- loss_episodes    BIGINT     times the congestion state became Loss; NULL where the source does not see it
-- srtt_mean_us     DOUBLE     smoothed RTT, mean over time (each value weighted by how long it was held)
-- srtt_min_us, srtt_max_us  DOUBLE  its extremes
-- cwnd_mean        DOUBLE     congestion window, packets, mean over time
-- cwnd_max         UINTEGER   its maximum
-- inflight_mean_bytes  DOUBLE snd_nxt - snd_una, mean over time
-- crosses_gap      BOOLEAN    records of the capture were lost during the flow, so counts are lower bounds
CREATE VIEW flows AS
WITH changes AS (
  SELECT flow, ord, type, ca_state, lag(ca_state) OVER (PARTITION BY flow ORDER BY ord) AS previous_ca_state
  FROM trace
  WHERE ca_state IS NOT NULL
), loss_episodes AS (
  SELECT flow, count(*) FILTER (WHERE ca_state = 'Loss' AND (previous_ca_state IS NULL OR previous_ca_state <> 'Loss')) AS loss_episodes
  FROM changes GROUP BY flow
), seen AS (
  SELECT capture, flow,
    any_value(saddr) AS saddr, any_value(sport) AS sport, any_value(daddr) AS daddr, any_value(dport) AS dport,
    min(t) AS start_s, round(max(t) - min(t), 9) AS duration_s, count(*) AS records,
    min(ord) AS first_ord, max(ord) AS last_ord,
    count(*) FILTER (WHERE type = 'setup') > 0 AS has_start,
    count(*) FILTER (WHERE type = 'done') > 0 AS has_end,
    min(snd_una) AS lowest_una, max(snd_una) AS highest_una,
    min(seq_num + 1) FILTER (WHERE type = 'send' AND tcp_flags & 2 = 2) AS syn_end,
    min(seq_num + length_bytes) FILTER (WHERE type = 'send' AND tcp_flags & 1 = 1) AS fin_seq,
    sum(length_bytes) FILTER (WHERE type = 'send') AS sent_bytes,
    max(retrans) AS retrans,
    count(*) FILTER (WHERE type = 'retransmit') AS retransmit_events,
    max(rto_num) AS rto_num,
    min(srtt_us) FILTER (WHERE srtt_us > 0) AS srtt_min_us, max(srtt_us) AS srtt_max_us,
    max(snd_cwnd) AS cwnd_max
  FROM trace WHERE flow IS NOT NULL GROUP BY capture, flow
), acked AS (
  -- A SYN that nobody answered leaves both at the sequence number behind it.
  SELECT flow, greatest(lowest_una, syn_end) AS first_una, greatest(least(highest_una, fin_seq), syn_end) AS last_una
  FROM seen
), means AS (
  SELECT flow,
    sum(srtt_us * held_s) / nullif(sum(held_s) FILTER (WHERE srtt_us IS NOT NULL), 0) AS srtt_mean_us,
    sum(snd_cwnd * held_s) / nullif(sum(held_s), 0) AS cwnd_mean,
    sum((snd_nxt - snd_una) * held_s) / nullif(sum(held_s) FILTER (WHERE snd_nxt IS NOT NULL), 0) AS inflight_mean_bytes
  FROM _held GROUP BY flow
), with_gaps AS (
  SELECT DISTINCT flow
  FROM seen JOIN losses ON losses.capture = seen.capture AND (losses.after_ord IS NULL OR losses.after_ord BETWEEN first_ord - 1 AND last_ord)
)
SELECT
  seen.capture, flow, saddr, sport, daddr, dport, start_s, duration_s, records,
  CASE WHEN has_start AND has_end THEN 'whole' WHEN has_start THEN 'no end' WHEN has_end THEN 'no start' ELSE 'neither' END AS seen,
  last_una - first_una AS acked_bytes,
  (last_una - first_una) * 8 / nullif(duration_s, 0) AS goodput_bps,
  sent_bytes::BIGINT AS sent_bytes,
  CASE WHEN captures.source = 'tracefs' THEN retransmit_events ELSE retrans END::BIGINT AS retransmits,
  rto_num::BIGINT AS rtos,
  CASE WHEN sees_ca_state THEN coalesce(loss_episodes, 0) END AS loss_episodes,
  srtt_mean_us, srtt_min_us, srtt_max_us, cwnd_mean, cwnd_max, inflight_mean_bytes,
  with_gaps.flow IS NOT NULL AS crosses_gap
FROM seen
JOIN captures USING (capture)
JOIN acked USING (flow)
LEFT JOIN means USING (flow)
LEFT JOIN loss_episodes USING (flow)
LEFT JOIN with_gaps USING (flow);
