-- Round-trip times that the kernel measured, one row each, where the source lets them be told. Those of a source with
-- srtt in whole us are left out where 8 us is much of it, and so are those in whose interval records of the capture
-- can be lost.
-- needs: _records, captures, losses, _connections, _lossy_rtt_samples
-- capture  USMALLINT  file
-- flow     UINTEGER   connection
-- ord      BIGINT     place of the record that shows it
-- t        DOUBLE     when it was measured, seconds since the capture began: at the record before that has srtt
-- rtt_us   DOUBLE     round-trip time, us
-- round_trip  UINTEGER  number of the round trip that the record is of, see `rounds`; NULL before the first
-- basis    VARCHAR    'samples' (exact), 'samples within 8 us' (tracepoints)
SELECT
  _records.capture,
  _records.flow,
  ord,
  (nanoseconds(_records.t) - _records.told_ns) / 1e9 AS t,
  rtt_sample_us AS rtt_us,
  round_trip,
  CASE
    WHEN exact_srtt THEN 'samples'
    ELSE 'samples within 8 us'
  END AS basis
FROM
  _records
  JOIN captures ON captures.capture = _records.capture
  JOIN _connections ON _connections.capture = _records.capture
  AND _connections.flow = _records.flow
WHERE
  rtt_sample_us IS NOT NULL
  AND samples_are_told(exact_srtt, srtt_min_us)
  AND _records.capture NOT IN (
    SELECT
      capture
    FROM
      losses
  )
UNION ALL
SELECT
  capture,
  flow,
  ord,
  t,
  rtt_us,
  round_trip,
  basis
FROM
  _lossy_rtt_samples;
