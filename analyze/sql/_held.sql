-- What held each sender, stretch by stretch: an interval that began with nothing in flight is two of them.
-- needs: _records
-- capture, flow  USMALLINT, UINTEGER  file and connection
-- held_by        VARCHAR              as in `_records`
-- since_s, t     DOUBLE               from when to when, seconds since the capture began
SELECT
  capture,
  flow,
  held_by,
  (nanoseconds(t) - step_ns + coalesce(idle_ns, 0)) / 1e9 AS since_s,
  t
FROM
  _records
WHERE
  is_interval
  AND held_by IS NOT NULL
  AND step_ns > coalesce(idle_ns, 0)
UNION ALL
SELECT
  capture,
  flow,
  'idle',
  (nanoseconds(t) - step_ns) / 1e9,
  (nanoseconds(t) - step_ns + idle_ns) / 1e9
FROM
  _records
WHERE
  is_interval
  AND held_by IS NOT NULL
  AND idle_ns > 0;
