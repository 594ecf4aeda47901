-- Stretches of a capture in which records were lost: one row a loss. Metrics that touch one are flagged `crosses_gap`.
-- Connections that the module did not follow are no gap in the others: the table `not_followed` has them.
-- needs: losses, _connections
-- capture   USMALLINT  file
-- from_s    DOUBLE     the loss lies behind this moment, seconds since the capture began; NULL: not bounded on that
--                      side
-- to_s      DOUBLE     and before this one; NULL likewise. Both NULL: it can be anywhere
-- lost      BIGINT     records lost (of ss: polls); NULL where their number is not known
-- cause     VARCHAR    why: 'ring' (the ring was full), 'frame' (a damaged part of the file), … (docs/tpp-format.md)
-- flows     BIGINT     connections that may have been under way then, and so may have lost records
WITH
  places AS (
    SELECT
      row_number() OVER (
        ORDER BY
          capture,
          after_ord NULLS LAST,
          from_s NULLS LAST,
          to_s NULLS LAST,
          cause
      ) AS place,
      capture,
      from_s,
      to_s,
      lost,
      cause
    FROM
      losses
  )
SELECT
  any_value(places.capture) AS capture,
  any_value(from_s) AS from_s,
  any_value(to_s) AS to_s,
  any_value(lost) AS lost,
  any_value(cause) AS cause,
  count(_connections.flow) AS flows
FROM
  places
  LEFT JOIN _connections ON _connections.capture = places.capture
  AND can_be_in(from_s, to_s, lives_from_s, lives_to_s)
GROUP BY
  place;
