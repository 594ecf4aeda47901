-- What held each sender, stretch by stretch: an interval that began with nothing in flight is two of them.
-- needs: intervals
-- capture, flow  USMALLINT, UINTEGER  file and connection
-- held_by        VARCHAR              as in `intervals`
-- since_s, t     DOUBLE               from when to when, seconds since the capture began
SELECT
  capture,
  flow,
  held_by,
  since_s + idle_s AS since_s,
  t
FROM
  intervals
WHERE
  held_by IS NOT NULL
  AND t > since_s + idle_s
UNION ALL
SELECT
  capture,
  flow,
  'idle',
  since_s,
  since_s + idle_s
FROM
  intervals
WHERE
  held_by IS NOT NULL
  AND idle_s > 0;
