-- Rests of connections whose source shows no sends: nothing was in flight from a record to the time at which what the
-- next one shows in flight was sent. By the records alone it would have been in flight all the while.
-- needs: _trace
-- capture, flow  USMALLINT, UINTEGER  file and connection
-- ord            BIGINT    place of the record behind the rest
-- t              DOUBLE    when the rest ended, seconds since the capture began
-- inflight_packets, inflight_bytes  BIGINT  as in `inflight`, of that record
SELECT
  capture,
  flow,
  ord,
  (nanoseconds(t) - silent_ns + lull_ns) / 1e9 AS t,
  packets_out::BIGINT + retrans_out - sacked_out - lost_out AS inflight_packets,
  snd_nxt - snd_una AS inflight_bytes
FROM
  (
    SELECT
      *,
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
      ) AS lull_ns
    FROM
      _trace
    WHERE
      known_snd_nxt IS NOT NULL
      AND flow IS NOT NULL
      -- What was written before waited: there is something else that held it.
      AND coalesce(unsent_bytes, 0) <= 0
  )
WHERE
  lull_ns > 0;
