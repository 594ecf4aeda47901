-- The rows of `rtt_samples` that are of captures with losses: without the samples in whose interval records can be
-- lost.
-- needs: _records, captures, losses, _connections
WITH
  samples AS (
    SELECT
      capture,
      flow,
      ord,
      (nanoseconds(t) - told_ns) / 1e9 AS since_s,
      t,
      rtt_sample_us,
      round_trip
    FROM
      _records
    WHERE
      rtt_sample_us IS NOT NULL
      AND capture IN (
        SELECT
          capture
        FROM
          losses
      )
  ),
  spans AS (
    -- Time is cut into cells, so that a sample need be held against the losses of two of them only.
    SELECT
      capture,
      start_s,
      end_s,
      greatest((end_s - start_s) / 10000, 1e-3) AS cell_s
    FROM
      (
        SELECT
          capture,
          min(start_s) AS start_s,
          max(end_s) AS end_s
        FROM
          _connections
        GROUP BY
          capture
      )
    WHERE
      capture IN (
        SELECT
          capture
        FROM
          losses
      )
  ),
  bounded AS (
    SELECT
      losses.capture,
      coalesce(from_s, start_s - 1) AS from_s,
      coalesce(to_s, end_s + 1) AS to_s,
      window_of(greatest(coalesce(from_s, start_s), start_s), cell_s) AS first_cell,
      window_of(least(coalesce(to_s, end_s), end_s), cell_s) AS last_cell
    FROM
      losses
      JOIN spans ON spans.capture = losses.capture
  ),
  lost AS (
    SELECT
      capture,
      from_s,
      to_s,
      explode(sequence(first_cell, first_cell + so_many_windows(cells, total) - 1)) AS cell
    FROM
      (
        SELECT
          *,
          last_cell + 1 - first_cell AS cells,
          sum(last_cell + 1 - first_cell) OVER () AS total
        FROM
          bounded
        WHERE
          last_cell >= first_cell
      )
  ),
  cells AS (
    SELECT
      capture,
      cell_s,
      explode(sequence(window_of(start_s, cell_s), window_of(end_s, cell_s))) AS cell
    FROM
      spans
  ),
  counted AS (
    -- `before`: how many cells with a loss are before this one.
    SELECT
      cells.capture,
      cell_s,
      cells.cell,
      sum(
        CASE
          WHEN has_loss THEN 1
          ELSE 0
        END
      ) OVER (
        PARTITION BY
          cells.capture
        ORDER BY
          cells.cell
      ) - CASE
        WHEN has_loss THEN 1
        ELSE 0
      END AS before,
      CASE
        WHEN has_loss THEN 1
        ELSE 0
      END AS own
    FROM
      cells
      LEFT JOIN (
        SELECT DISTINCT
          capture,
          cell,
          true AS has_loss
        FROM
          lost
      ) AS lossy ON lossy.capture = cells.capture
      AND lossy.cell = cells.cell
  ),
  taken AS (
    SELECT
      samples.capture,
      flow,
      ord,
      since_s,
      t,
      cell_s
    FROM
      samples
      JOIN spans ON spans.capture = samples.capture
  ),
  ends AS (
    SELECT
      capture,
      flow,
      ord,
      since_s,
      t,
      window_of(since_s, cell_s) AS cell,
      false AS is_last
    FROM
      taken
    UNION ALL
    SELECT
      capture,
      flow,
      ord,
      since_s,
      t,
      window_of(t, cell_s),
      true
    FROM
      taken
  ),
  across AS (
    -- A cell with a loss lies between the two of its ends …
    SELECT
      ends.capture,
      flow,
      ord
    FROM
      ends
      JOIN counted ON counted.capture = ends.capture
      AND counted.cell = ends.cell
    GROUP BY
      ends.capture,
      flow,
      ord
    HAVING
      sum(
        CASE
          WHEN is_last THEN before
          ELSE - before - own
        END
      ) > 0
    UNION
    -- … or a loss in one of these reaches into it.
    SELECT
      ends.capture,
      flow,
      ord
    FROM
      ends
      JOIN lost ON lost.capture = ends.capture
      AND lost.cell = ends.cell
    WHERE
      from_s < t
      AND to_s > since_s
  )
SELECT
  samples.capture,
  samples.flow,
  samples.ord,
  since_s AS t,
  rtt_sample_us AS rtt_us,
  round_trip,
  CASE
    WHEN exact_srtt THEN 'samples'
    ELSE 'samples within 8 us'
  END AS basis
FROM
  samples
  JOIN captures ON captures.capture = samples.capture
  JOIN _connections ON _connections.capture = samples.capture
  AND _connections.flow = samples.flow
  LEFT JOIN across ON across.capture = samples.capture
  AND across.flow = samples.flow
  AND across.ord = samples.ord
WHERE
  across.ord IS NULL
  AND samples_are_told(exact_srtt, srtt_min_us);
