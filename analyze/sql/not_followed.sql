-- Connections that the module did not follow, or not from their beginning, as there was no room: one row for each time
-- that it counted some. The connections that it did follow have lost nothing.
-- needs: _not_followed
-- capture   USMALLINT  file
-- segments  BIGINT     segments of theirs that it saw; NULL where their number is not known
-- cause     VARCHAR    'flow limit' (maxflows was reached), 'flow memory' (there was none)
-- from_s    DOUBLE     they came behind this moment, seconds since the capture began; NULL: not bounded on that side
-- to_s      DOUBLE     and before this one; NULL likewise
-- known_by  VARCHAR    how: docs/opening.md
SELECT
  capture,
  segments,
  cause,
  from_s,
  to_s,
  known_by
FROM
  _not_followed;
