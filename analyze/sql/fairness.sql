-- Jain's fairness index of the connections of a capture in windows of equal length: (sum x)^2 / (n * sum x^2) over the
-- goodput x of the n connections that were active, 1 where all had the same, 1/n where one had all. A connection is
-- active in a window where something of it was acknowledged or outstanding, so one that starves counts, with 0, and
-- the receiving end of a one-way transfer does not. Where it is not known how much was acknowledged of one that had
-- some before, neither is the index.
-- needs: goodput, not_followed
-- capture         USMALLINT  file
-- window_start_s  DOUBLE     seconds since the capture began
-- window_s        DOUBLE     length of the window, seconds (settings.window_s)
-- flows           BIGINT     active connections
-- goodput_bps     DOUBLE     their goodput together, bit/s; NULL where that of one is not known
-- jain            DOUBLE     the index; NULL likewise, and where nothing of any was acknowledged
-- crosses_gap     BOOLEAN    records of the capture were lost in or next to the window, or connections were not
--                            followed then, which count in none of these numbers
-- at_least        VARCHAR    the columns, separated by commas, whose number is the least that it can be
-- about           VARCHAR    those whose number is approximate, as that of a connection is in `goodput`
WITH
  windows AS (
    SELECT
      capture,
      window_start_s,
      window_s,
      count(*) AS flows,
      CASE
        WHEN count(acked_bytes) = count(*) THEN sum(acked_bytes) * 8 / nullif(window_s, 0)
      END AS goodput_bps,
      -- Of the bytes, to which the rates are in proportion: whole numbers add up to the same in any order.
      CASE
        WHEN count(acked_bytes) = count(*) THEN power(sum(acked_bytes), 2)
      END / nullif(count(*) * sum(acked_bytes::HUGEINT * acked_bytes), 0) AS jain,
      bool_or(crosses_gap) AS touches_loss,
      bool_or(about <> '') AS is_about
    FROM
      (
        SELECT
          *,
          max(acked_bytes) OVER (
            PARTITION BY
              capture,
              flow
          ) AS most_bytes
        FROM
          goodput
      )
    WHERE
      acked_bytes > 0
      OR outstanding
      OR (
        acked_bytes IS NULL
        AND most_bytes > 0
      )
    GROUP BY
      capture,
      window_start_s,
      window_s
  ),
  told AS (
    SELECT
      capture,
      window_start_s,
      window_s,
      flows,
      goodput_bps,
      jain,
      touches_loss
      OR EXISTS (
        SELECT
          1
        FROM
          not_followed
        WHERE
          not_followed.capture = windows.capture
          AND can_be_in(from_s, to_s, window_start_s, window_start_s + window_s)
      ) AS crosses_gap,
      is_about
    FROM
      windows
  )
SELECT
  capture,
  window_start_s,
  window_s,
  flows,
  goodput_bps,
  jain,
  crosses_gap,
  '' AS at_least,
  CASE
    WHEN is_about
    OR crosses_gap THEN 'flows, goodput_bps, jain'
    ELSE ''
  END AS about
FROM
  told;
