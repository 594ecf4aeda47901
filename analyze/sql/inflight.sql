-- What was in flight at each record that tells, by packets and by bytes.
-- needs: trace
-- capture           USMALLINT  file the record is of
-- flow              UINTEGER   connection
-- ord               BIGINT     place of the record
-- t                 DOUBLE     seconds since the capture began
-- inflight_packets  BIGINT     packets_out + retrans_out - sacked_out - lost_out (tcp_packets_in_flight in the
--                              kernel's include/net/tcp.h); NULL where the source lacks those counts
-- inflight_bytes    BIGINT     snd_nxt - snd_una: sent and not yet acknowledged cumulatively, so SACKed and lost bytes
--                              count
-- snd_cwnd          UINTEGER   packets; the window that bounds inflight_packets
SELECT
  capture,
  flow,
  ord,
  t,
  packets_out::BIGINT + retrans_out - sacked_out - lost_out AS inflight_packets,
  snd_nxt - snd_una AS inflight_bytes,
  snd_cwnd
FROM
  trace
WHERE
  (
    snd_nxt IS NOT NULL
    OR packets_out IS NOT NULL
  )
  AND flow IS NOT NULL;
