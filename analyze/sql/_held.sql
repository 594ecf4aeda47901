-- What held each sender, stretch by stretch: an interval that began with nothing in flight is two of them.
-- needs: _records
-- capture, flow  USMALLINT, UINTEGER  file and connection
-- held_by        VARCHAR              as in `_records`
-- since_s, t     DOUBLE               from when to when, seconds since the capture began
WITH
  told AS (
    SELECT
      capture,
      flow,
      held_by,
      (nanoseconds(t) - step_ns) / 1e9 AS since_s,
      seconds_of(coalesce(idle_ns, 0)) AS idle_s,
      t
    FROM
      _records
    WHERE
      is_interval
      AND held_by IS NOT NULL
  )
SELECT
  capture,
  flow,
  held_by,
  since_s + idle_s AS since_s,
  t
FROM
  told
WHERE
  t > since_s + idle_s
UNION ALL
SELECT
  capture,
  flow,
  'idle',
  since_s,
  since_s + idle_s
FROM
  told
WHERE
  idle_s > 0;
