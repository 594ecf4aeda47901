-- What kept each connection from sending more, in windows of equal length. Always by the records' states: the kernel's
-- own times come in jiffies, too coarse for short windows. A capture that tells no congestion states, or left out
-- records, has no rows. docs/metrics.md has the rules.
-- needs: _records, captures, settings, losses
-- capture            USMALLINT  file
-- flow               UINTEGER   connection
-- window_start_s     DOUBLE     seconds since the capture began
-- window_s           DOUBLE     length of the window, seconds (settings.window_s)
-- told_s             DOUBLE     how much of the window the connection's records tell of, seconds; the times below add
--                               up to it
-- cwnd_s             DOUBLE     seconds in it with data waiting and the congestion window full
-- rwnd_s             DOUBLE     with data waiting and the peer's window too small
-- application_s      DOUBLE     with something in flight and nothing more to send (or, unseen, a full send buffer;
--                               from tracepoints, pacing too)
-- pacing_s           DOUBLE     with data waiting and both windows open
-- recovery_s         DOUBLE     with something in flight in Recovery or Loss, or until a retransmission timeout
-- idle_s             DOUBLE     with nothing in flight and nothing to send
-- crosses_gap        BOOLEAN    records of the capture were lost in or next to the window
-- at_least           VARCHAR    the columns, separated by commas, whose number is the least that it can be
-- about              VARCHAR    those whose number is approximate: all that stand on the records' states, so on
--      proxies
WITH
  ended AS (
    SELECT
      capture,
      flow,
      ord,
      t,
      step_ns,
      idle_ns,
      held_by,
      window_of(t, window_s) AS w,
      window_s
    FROM
      _records
      CROSS JOIN settings
    WHERE
      step_ns > 0
  ),
  grouped AS (
    -- All intervals of a window that one thing held are one row. Those that began in an earlier window, or so close to
    -- the edge that it has to be looked at, have a row each, with `t`.
    SELECT
      capture,
      flow,
      held_by,
      w,
      max(
        CASE
          WHEN crossing_ord IS NOT NULL THEN t
        END
      ) AS t,
      sum(
        CASE
          WHEN held_by IS NOT NULL THEN step_ns
        END
      ) AS step_ns,
      coalesce(sum(idle_ns), 0) AS idle_ns
    FROM
      (
        SELECT
          *,
          CASE
            WHEN t - step_ns / 1e9 < w * window_s + 1e-6 THEN ord
          END AS crossing_ord
        FROM
          ended
      )
    GROUP BY
      capture,
      flow,
      held_by,
      w,
      crossing_ord
  ),
  held AS (
    SELECT
      grouped.*,
      window_s
    FROM
      grouped
      CROSS JOIN settings
      JOIN captures ON captures.capture = grouped.capture
    WHERE
      tells_holder(sampled, counts_packets, sees_ca_state)
  ),
  crossing AS (
    -- An interval that began with nothing in flight is two, as in `_held`.
    SELECT
      capture,
      flow,
      held_by,
      (nanoseconds(t) - step_ns + idle_ns) / 1e9 AS since_s,
      t,
      window_s
    FROM
      held
    WHERE
      t IS NOT NULL
      AND step_ns > idle_ns
    UNION ALL
    SELECT
      capture,
      flow,
      'idle',
      (nanoseconds(t) - step_ns) / 1e9,
      (nanoseconds(t) - step_ns + idle_ns) / 1e9,
      window_s
    FROM
      held
    WHERE
      t IS NOT NULL
      AND idle_ns > 0
  ),
  cut AS (
    SELECT
      capture,
      flow,
      held_by,
      step_ns - idle_ns AS held_ns,
      w,
      window_s
    FROM
      held
    WHERE
      t IS NULL
    UNION ALL
    SELECT
      capture,
      flow,
      'idle',
      idle_ns,
      w,
      window_s
    FROM
      held
    WHERE
      t IS NULL
    UNION ALL
    -- What lies in each window of those that cross some.
    SELECT
      capture,
      flow,
      held_by,
      nanoseconds(
        CASE
          WHEN w = last_w THEN t
          ELSE (w + 1) * window_s
        END - greatest(since_s, w * window_s)
      ),
      w,
      window_s
    FROM
      (
        SELECT
          *,
          explode(sequence(first_w, first_w + so_many_windows(windows, total))) AS w
        FROM
          (
            SELECT
              *,
              window_of(since_s, window_s) AS first_w,
              window_of(t, window_s) AS last_w,
              window_of(t, window_s) - window_of(since_s, window_s) AS windows,
              sum(window_of(t, window_s) - window_of(since_s, window_s)) OVER () AS total
            FROM
              crossing
          )
      )
  ),
  summed AS (
    SELECT
      capture,
      flow,
      w,
      window_s,
      round(w * window_s, 9) AS window_start_s,
      seconds_of(sum(held_ns)) AS told_s,
      held_s('cwnd', held_by, held_ns) AS cwnd_s,
      held_s('rwnd', held_by, held_ns) AS rwnd_s,
      held_s('application', held_by, held_ns) AS application_s,
      held_s('pacing', held_by, held_ns) AS pacing_s,
      held_s('recovery', held_by, held_ns) AS recovery_s,
      held_s('idle', held_by, held_ns) AS idle_s
    FROM
      cut
    GROUP BY
      capture,
      flow,
      w,
      window_s
    HAVING
      sum(held_ns) > 0
  )
SELECT
  capture,
  flow,
  window_start_s,
  window_s,
  told_s,
  cwnd_s,
  rwnd_s,
  application_s,
  pacing_s,
  recovery_s,
  idle_s,
  EXISTS (
    SELECT
      1
    FROM
      losses
    WHERE
      losses.capture = summed.capture
      AND can_be_in(from_s, to_s, window_start_s, window_start_s + window_s)
  ) AS crosses_gap,
  '' AS at_least,
  'cwnd_s, rwnd_s, application_s, pacing_s, recovery_s, idle_s' AS about
FROM
  summed;
