-- Places where records of a capture are missing, one row each. `gaps` counts the connections too; every view's
-- crosses_gap comes from here.
-- needs: _losses
-- capture    USMALLINT  file
-- after_ord  BIGINT     the record behind which it was noticed; NULL where it has no place in the text
-- lost       BIGINT     records (of cause 'poll': polls); NULL where their number is not known
-- cause      VARCHAR    'ring' (the ring was full), 'frame' (a damaged part of the file), 'file' (a missing file of a
--                       set), 'poll' (ss failed), or another of docs/tpp-format.md
-- from_s     DOUBLE     the loss lies behind this moment, seconds since the capture began; NULL: not bounded on that
--                       side
-- to_s       DOUBLE     and before this one; NULL likewise
-- known_by   VARCHAR    how: docs/opening.md
SELECT
  capture,
  after_ord,
  lost,
  cause,
  from_s,
  to_s,
  known_by
FROM
  _losses;
