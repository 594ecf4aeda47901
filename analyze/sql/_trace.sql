-- The view `trace` with its words (`type`, `ca_state`) as plain text, which Parquet's dictionaries make quick to compare: what the
-- metrics read. One row a record: what the kernel held at that moment. Columns and their units: docs/fields.md (made from the
-- column table in tpp/columns.ts, which a test holds against `trace`).
-- needs: records, captures, _connections
CREATE VIEW _trace AS
WITH located AS (
  SELECT *, enum_code(TRY_CAST(ends AS _tuple_ends))::BIGINT + 1 AS tuple
  FROM records CROSS JOIN _lookups
  WHERE type < 254
), placed AS (
  SELECT *, page_zeros[tuple] + (ord >> page_shift) AS place FROM located
), segmented AS (
  SELECT *, page_segments[place] + coalesce(len(list_filter(starts[page_starts[place]], from_ord -> from_ord <= ord)), 0) AS segment
  FROM placed
), numbered AS (
  SELECT *,
    flows[segment] AS flow,
    coalesce(own_zeros[segment], 0) AS own_zero,
    coalesce(peer_zeros[segment], 0) AS peer_zero,
    -- NULL where there is no connection: then its numbers have no place either.
    CASE WHEN segment IS NOT NULL THEN coalesce(own_middles[segment], 1073741824) END AS own_middle,
    CASE WHEN segment IS NOT NULL THEN coalesce(peer_middles[segment], 1073741824) END AS peer_middle
  FROM segmented
)
SELECT
  capture,
  ord,
  timestamp_of_ns(getvariable('realtimes_ns')[capture] + round(t::DOUBLE * 1e9)::BIGINT) AS time,
  flow,
  record_type_of(type) AS type,
  t::DOUBLE AS t,
  plain_address(split_part(ends, ' ', 2)) AS saddr,
  split_part(ends, ' ', 3)::USMALLINT AS sport,
  plain_address(split_part(ends, ' ', 4)) AS daddr,
  split_part(ends, ' ', 5)::USMALLINT AS dport,
  length_bytes,
  tcp_flags,
  CASE type WHEN 1 THEN unwrapped(seq_num, own_zero, own_middle) ELSE unwrapped(seq_num, peer_zero, peer_middle) END AS seq_num,
  CASE type WHEN 1 THEN unwrapped(ack_num, peer_zero, peer_middle) ELSE unwrapped(ack_num, own_zero, own_middle) END AS ack_num,
  ca_state_of(ca_state) AS ca_state,
  unwrapped(snd_nxt, own_zero, own_middle) AS snd_nxt,
  unwrapped(snd_una, own_zero, own_middle) AS snd_una,
  unwrapped(write_seq, own_zero, own_middle) AS write_seq,
  wqueue_bytes,
  snd_cwnd,
  ssthresh,
  snd_wnd_bytes,
  srtt_8us / 8.0 AS srtt_us,
  mdev_4us / 4.0 AS mdev_us,
  rttvar_4us / 4.0 AS rttvar_us,
  rto_ms,
  packets_out, lost_out, sacked_out, retrans_out, retrans,
  frto, rto_num,
  CASE WHEN pacing_rate_bytes < 18446744073709551615 THEN pacing_rate_bytes::DOUBLE * 8 END AS pacing_rate_bps,
  record, connection, netns,
  rcv_wnd_bytes, rqueue_bytes, mss_bytes,
  delivered,
  credible(bytes_acked) AS bytes_acked,
  app_limited,
  credible(busy_us) AS busy_us, credible(rwnd_limited_us) AS rwnd_limited_us, credible(sndbuf_limited_us) AS sndbuf_limited_us,
  timer, cong, cong_state,
  credible(bytes_sent) AS bytes_sent, delivery_rate_bps, min_rtt_us,
  detail
FROM numbered;
