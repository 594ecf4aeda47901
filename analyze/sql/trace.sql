-- One row a record: what the kernel held at that moment. Columns and their units: docs/fields.md (made from the
-- column table in tpp/columns.ts, which a test holds against this view).
-- needs: records, captures, _connections
CREATE VIEW trace AS
WITH placed AS (
  SELECT records.*, realtime_ns, shown_saddr, shown_daddr,
    CASE WHEN len(from_ords) = 1 THEN segments[1]
      ELSE segments[len(list_filter(from_ords, from_ord -> from_ord <= ord))] END AS segment
  FROM records
  JOIN captures USING (capture)
  LEFT JOIN _tuples USING (capture, saddr, sport, daddr, dport)
  LEFT JOIN _places ON _places.tuple = _tuples.tuple AND _places.block = records.ord >> _tuples.shift
  WHERE type < 254
), numbered AS (
  SELECT *, segment.flow AS flow, segment.own_zero AS own_zero, segment.own_middle AS own_middle,
    segment.peer_zero AS peer_zero, segment.peer_middle AS peer_middle
  FROM placed
)
SELECT
  capture,
  ord,
  timestamp_of_ns(realtime_ns + round(t::DOUBLE * 1e9)::BIGINT) AS time,
  flow::UINTEGER AS flow,
  record_type_of(type) AS type,
  t::DOUBLE AS t,
  coalesce(shown_saddr, saddr) AS saddr, sport, coalesce(shown_daddr, daddr) AS daddr, dport,
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
  CASE WHEN pacing_rate_bytes < 18446744073709551615 THEN pacing_rate_bytes * 8.0 END AS pacing_rate_bps,
  rcv_wnd_bytes,
  detail
FROM numbered;
