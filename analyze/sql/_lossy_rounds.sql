-- What losses change in the rows of `rounds`, of the captures that have some: one row a round trip.
-- needs: _trace, _connections, losses, _lossy_rtt_samples
-- capture, flow  USMALLINT, UINTEGER  file and connection
-- round_trip     UINTEGER             number of the round trip
-- rtt_us         DOUBLE               mean of the samples that count; NULL where none does
-- crosses_gap    BOOLEAN              as in `rounds`
WITH
  spans AS (
    SELECT
      capture,
      flow,
      round_trip,
      min(t) AS start_s,
      max(t) AS end_s
    FROM
      _trace
    WHERE
      flow IS NOT NULL
      AND round_trip IS NOT NULL
      AND capture IN (
        SELECT
          capture
        FROM
          losses
      )
    GROUP BY
      capture,
      flow,
      round_trip
  ),
  followed AS (
    SELECT
      capture,
      flow,
      round_trip,
      lag(end_s) OVER in_order AS before_s,
      lead(start_s) OVER in_order AS behind_s
    FROM
      spans
    WINDOW
      in_order AS (
        PARTITION BY
          capture,
          flow
        ORDER BY
          round_trip
      )
  ),
  measured AS (
    SELECT
      capture,
      flow,
      round_trip,
      avg(rtt_us) AS rtt_us
    FROM
      _lossy_rtt_samples
    WHERE
      round_trip IS NOT NULL
    GROUP BY
      capture,
      flow,
      round_trip
  )
SELECT
  followed.capture,
  followed.flow,
  followed.round_trip,
  rtt_us,
  EXISTS (
    SELECT
      1
    FROM
      losses
    WHERE
      losses.capture = followed.capture
      AND can_be_in(from_s, to_s, coalesce(before_s, lives_from_s), coalesce(behind_s, lives_to_s))
  ) AS crosses_gap
FROM
  followed
  JOIN _connections ON _connections.capture = followed.capture
  AND _connections.flow = followed.flow
  LEFT JOIN measured ON measured.capture = followed.capture
  AND measured.flow = followed.flow
  AND measured.round_trip = followed.round_trip;
