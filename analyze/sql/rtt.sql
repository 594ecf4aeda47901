-- Round-trip times of each connection in windows of equal length: of the samples that the kernel took, where the
-- source lets them be told, else of its smoothed RTT.
-- needs: rtt_samples, intervals, settings, losses, _connections, captures
-- capture          USMALLINT  file the flow is of
-- flow             UINTEGER   connection
-- window_start_s   DOUBLE     seconds since the capture began
-- window_s         DOUBLE     length of the window, seconds (settings.window_s)
-- basis            VARCHAR    'samples' (each sample exact), 'samples within 8 us' (tracepoints), 'srtt' (the smoothed
--                             RTT at each record; its quantiles are narrower than those of the samples)
-- samples          BIGINT     values counted; windows without any have no row
-- rtt_min_us       DOUBLE     smallest, us
-- rtt_mean_us      DOUBLE     mean, us
-- rtt_median_us    DOUBLE     median, us (interpolated, as the other quantiles)
-- rtt_p95_us       DOUBLE     95th percentile, us
-- rtt_p99_us       DOUBLE     99th percentile, us
-- rtt_inflation    DOUBLE     rtt_mean_us over the flow's smallest: 1 is a path without queue
-- crosses_gap      BOOLEAN    records of the capture were lost in or next to the window; samples across the loss are
--                             left out
-- at_least         VARCHAR    the columns, separated by commas, whose number is the least that it can be: where
--                             records were lost
-- about            VARCHAR    those whose number is approximate: likewise, and of all other bases than 'samples'
WITH
  sampled AS (
    SELECT
      capture,
      flow,
      window_of(t, window_s) AS w,
      basis,
      count(*) AS samples,
      min(rtt_us) AS rtt_min_us,
      avg(rtt_us) AS rtt_mean_us,
      quantiles_of(rtt_us) AS quantiles
    FROM
      rtt_samples
      CROSS JOIN settings
    GROUP BY
      capture,
      flow,
      w,
      basis
  ),
  unsampled AS (
    SELECT
      _connections.capture,
      _connections.flow
    FROM
      _connections
      LEFT JOIN (
        SELECT DISTINCT
          capture,
          flow
        FROM
          sampled
      ) AS told ON told.capture = _connections.capture
      AND told.flow = _connections.flow
    WHERE
      told.flow IS NULL
  ),
  smoothed AS (
    SELECT
      intervals.capture,
      intervals.flow,
      window_of(t, window_s) AS w,
      'srtt' AS basis,
      count(*) AS samples,
      min(srtt_us) AS rtt_min_us,
      avg(srtt_us) AS rtt_mean_us,
      quantiles_of(srtt_us) AS quantiles
    FROM
      intervals
      CROSS JOIN settings
      JOIN unsampled ON unsampled.capture = intervals.capture
      AND unsampled.flow = intervals.flow
    WHERE
      srtt_us IS NOT NULL
    GROUP BY
      intervals.capture,
      intervals.flow,
      w
  ),
  per_window AS (
    SELECT
      *
    FROM
      sampled
    UNION ALL
    SELECT
      *
    FROM
      smoothed
  ),
  followed AS (
    SELECT
      per_window.*,
      lives_from_s,
      lives_to_s,
      captures.sampled,
      lead(w) OVER (
        PARTITION BY
          per_window.capture,
          per_window.flow
        ORDER BY
          w
      ) AS next_w
    FROM
      per_window
      JOIN _connections ON _connections.capture = per_window.capture
      AND _connections.flow = per_window.flow
      JOIN captures ON captures.capture = per_window.capture
  ),
  told AS (
    SELECT
      capture,
      flow,
      round(w * window_s, 9) AS window_start_s,
      window_s,
      basis,
      samples,
      rtt_min_us,
      rtt_mean_us,
      median_of(quantiles) AS rtt_median_us,
      p95_of(quantiles) AS rtt_p95_us,
      p99_of(quantiles) AS rtt_p99_us,
      rtt_mean_us / nullif(
        min(rtt_min_us) OVER (
          PARTITION BY
            capture,
            flow
        ),
        0
      ) AS rtt_inflation,
      EXISTS (
        SELECT
          1
        FROM
          losses
        WHERE
          losses.capture = followed.capture
          AND can_be_in(from_s, to_s, round(w * window_s, 9), round(w * window_s, 9) + window_s)
      ) AS crosses_gap,
      -- The next record shows a sample, and the next window need not be there.
      EXISTS (
        SELECT
          1
        FROM
          losses
        WHERE
          losses.capture = followed.capture
          AND can_be_in(
            from_s,
            to_s,
            round(w * window_s, 9),
            coalesce(round((next_w + 1) * window_s, 9), lives_to_s)
          )
      )
      OR sampled AS can_lack,
      EXISTS (
        SELECT
          1
        FROM
          losses
        WHERE
          losses.capture = followed.capture
          AND can_be_in(from_s, to_s, lives_from_s, lives_to_s)
      ) AS flow_can_lack
    FROM
      followed
      CROSS JOIN settings
  )
SELECT
  capture,
  flow,
  window_start_s,
  window_s,
  basis,
  samples,
  rtt_min_us,
  rtt_mean_us,
  rtt_median_us,
  rtt_p95_us,
  rtt_p99_us,
  rtt_inflation,
  crosses_gap,
  CASE
    WHEN can_lack THEN 'samples'
    ELSE ''
  END AS at_least,
  concat_ws(
    ', ',
    CASE
      WHEN basis <> 'samples'
      OR can_lack THEN 'rtt_min_us, rtt_mean_us, rtt_median_us, rtt_p95_us, rtt_p99_us'
    END,
    -- It stands on the smallest of all windows.
    CASE
      WHEN basis <> 'samples'
      OR flow_can_lack THEN 'rtt_inflation'
    END
  ) AS about
FROM
  told;
