-- The time between two records of a connection, one row each: how long it was, what the kernel held, and what held the
-- sender. A record shows the state before the kernel handled its packet, so its numbers are those of the time since
-- the connection's previous record, not of the time after it. The pass carries along what that one told
-- (analyze/records/follow.ts), so nothing here orders records.
-- needs: _records
-- capture            USMALLINT  file
-- flow               UINTEGER   connection
-- ord                BIGINT     place of the record that ends the interval
-- since_s            DOUBLE     time of the connection's previous record, seconds since the capture began; NULL for
--                               its first
-- t                  DOUBLE     time of the record, likewise
-- duration_s         DOUBLE     seconds from one to the other; NULL for the first
-- round_trip         UINTEGER   number of the connection's round trip that the record is of, see `rounds`; NULL before
--                               the first
-- snd_cwnd           UINTEGER   packets; NULL at a tracepoint's change of the congestion state, which tells no more
-- previous_cwnd      UINTEGER   that of the interval before; NULL for the first, and likewise
-- retrans            UINTEGER   segments retransmitted so far; NULL where the source does not count them
-- previous_retrans   UINTEGER   those until the interval began; NULL for the first, and likewise
-- srtt_us            DOUBLE     smoothed RTT; NULL at such a change, and before the first measurement
-- inflight_bytes     BIGINT     snd_nxt - snd_una; NULL where the source lacks them
-- ca_state           VARCHAR    congestion state during the interval; NULL where the source does not tell. Tracepoints
--                               tell changes only, so there it is Open until the first
-- previous_ca_state  VARCHAR    that of the interval before; NULL for the first
-- rtt_sample_us      DOUBLE     round-trip time that the kernel measured as it handled the previous record; NULL where
--                               it did not, or the source cannot tell. The kernel keeps srtt' = srtt + (sample - srtt)
--                               / 8 in whole eighths (tcp_rtt_estimator), which is turned round here; mdev tells of
--                               samples equal to srtt. Tracepoints have srtt in whole us only, so there it is within 8
--                               us
-- held_by            VARCHAR    what kept the sender from sending during the interval: 'recovery', 'cwnd', 'rwnd',
--                               'pacing', 'application', 'idle'; NULL before the connection is established and where
--                               the source cannot tell. docs/metrics.md has the rules
SELECT
  capture,
  flow,
  ord,
  (nanoseconds(t) - step_ns) / 1e9 AS since_s,
  t,
  step_ns / 1e9 AS duration_s,
  round_trip,
  snd_cwnd,
  previous_cwnd,
  retrans,
  previous_retrans,
  nullif(srtt_us, 0) AS srtt_us,
  inflight_bytes,
  held_state AS ca_state,
  previous_state AS previous_ca_state,
  rtt_sample_us,
  held_by
FROM
  _records
WHERE
  is_interval;
