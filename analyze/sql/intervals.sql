-- The time between two records of a connection, one row each: how long it was, what the kernel held, and what held the
-- sender. A record shows the state before the kernel handled its packet, so its numbers are those of the time since
-- the connection's previous record, not of the time after it. The pass carries along what that one told
-- (analyze/records/follow.ts), so nothing here orders records.
-- needs: _records, captures
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
-- previous_cwnd      UINTEGER   the one that was told before; NULL where none was
-- ssthresh           UINTEGER   slow-start threshold, packets; NULL at such a change
-- previous_ssthresh  UINTEGER   the one that was told before; NULL where none was
-- retrans            UINTEGER   segments retransmitted so far; NULL where the source does not count them
-- previous_retrans   UINTEGER   those until the interval began; NULL for the first, and likewise
-- srtt_us            DOUBLE     smoothed RTT; NULL at such a change, and before the first measurement
-- inflight_bytes     BIGINT     snd_nxt - snd_una; NULL where the source lacks them
-- ca_state           VARCHAR    congestion state during the interval; NULL where the source does not tell. Tracepoints
--                               tell changes only: there it is Open until the first, and of a connection that began
--                               before the capture NULL for its first round trip
-- previous_ca_state  VARCHAR    that of the interval before; NULL for the first
-- rtt_sample_us      DOUBLE     round-trip time that the kernel measured as it handled the previous record; NULL where
--                               it did not, or the source cannot tell. The kernel keeps srtt' = srtt + (sample - srtt)
--                               / 8 in whole eighths (tcp_rtt_estimator), which is turned round here; mdev tells of
--                               samples equal to srtt. Tracepoints have srtt in whole us only, so there it is within 8
--                               us
-- held_by            VARCHAR    what kept the sender from sending during the interval: 'recovery', 'cwnd', 'rwnd',
--                               'pacing', 'application', 'idle'; NULL before the connection is established, where
--                               ca_state is not known, and where the capture left out records. docs/metrics.md has
--                               the rules
-- idle_s             DOUBLE     of the interval, so many seconds at its beginning in which nothing was in flight, so
--                               that held_by is of the rest; 0 where it is of all. Of sources that see no sends
-- recovery_run       UINTEGER   number of the connection's recovery that the record is in: a run of the state
--                               Recovery; from ss, of polls that show something lost, sent again or sent again since
--                               the poll before. NULL outside of one and where the source tells neither
-- lowers_window      BOOLEAN    whether that recovery lowers the window: ssthresh was set anew as it began, or in most
--                               of the connection's recoveries; NULL likewise, and where the threshold before is not
--                               known of any
-- segment_bytes      DOUBLE     size of a full segment, as told or as estimated by `limits`; NULL where neither can be
SELECT
  _records.capture,
  flow,
  ord,
  (nanoseconds(t) - step_ns) / 1e9 AS since_s,
  t,
  step_ns / 1e9 AS duration_s,
  round_trip,
  snd_cwnd,
  previous_cwnd,
  ssthresh,
  previous_ssthresh,
  retrans,
  previous_retrans,
  nullif(srtt_us, 0) AS srtt_us,
  inflight_bytes,
  held_state AS ca_state,
  previous_state AS previous_ca_state,
  rtt_sample_us,
  CASE
    WHEN tells_holder(sampled, counts_packets, sees_ca_state) THEN held_by
  END AS held_by,
  seconds_of(coalesce(idle_ns, 0)) AS idle_s,
  recovery_run,
  lowers_window,
  segment_bytes
FROM
  _records
  JOIN captures ON captures.capture = _records.capture
WHERE
  is_interval;
