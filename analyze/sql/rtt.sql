-- Round-trip times of each connection in windows of equal length: of the samples that the kernel took, where the source
-- lets them be told, else of its smoothed RTT.
-- needs: _steps, captures, settings, losses
-- capture          USMALLINT  file the flow is of
-- flow             UINTEGER   connection
-- window_start_s   DOUBLE     seconds since the capture began
-- window_s         DOUBLE     length of the window, seconds (settings.window_s)
-- basis            VARCHAR    'samples' (each sample exact), 'samples within 8 us' (tracepoints), 'srtt' (the smoothed RTT at
--                             each record; its quantiles are narrower than those of the samples)
-- samples          BIGINT     values counted; windows without any have no row
-- rtt_min_us       DOUBLE     smallest, us
-- rtt_mean_us      DOUBLE     mean, us
-- rtt_median_us    DOUBLE     median, us (interpolated, as the other quantiles)
-- rtt_p95_us       DOUBLE     95th percentile, us
-- rtt_p99_us       DOUBLE     99th percentile, us
-- rtt_inflation    DOUBLE     rtt_mean_us over the smallest value of the flow's life: 1 is a path without queue
-- crosses_gap      BOOLEAN    records of the capture were lost in or next to the window; samples across the loss are left out
CREATE VIEW rtt AS
WITH bases AS (
  -- Samples from a srtt in whole us are not worth having where 8 us is much of it.
  SELECT flow, CASE
      WHEN count(rtt_sample_us) = 0 THEN 'srtt'
      WHEN bool_and(exact_srtt) THEN 'samples'
      WHEN min(srtt_us) >= 200 THEN 'samples within 8 us'
      ELSE 'srtt'
    END AS basis
  FROM _steps JOIN captures USING (capture) WHERE srtt_us IS NOT NULL GROUP BY flow
), taken AS NOT MATERIALIZED (
  -- A sample was taken as the stretch began, with the packet of the record before it.
  SELECT _steps.capture, flow, basis, t,
    window_of(CASE WHEN basis = 'srtt' THEN t ELSE since_s END, window_s) AS w,
    CASE WHEN basis = 'srtt' THEN srtt_us ELSE rtt_sample_us END AS rtt_us, since_s
  FROM _steps JOIN bases USING (flow) CROSS JOIN settings
), lives AS (
  SELECT capture, min(coalesce(since_s, t)) AS start_s, max(t) AS end_s FROM _steps WHERE capture IN (SELECT capture FROM losses) GROUP BY capture
), gap_windows AS (
  SELECT DISTINCT capture, unnest(range(first_w, first_w + so_many_windows(windows, total))) AS w
  FROM (
    SELECT capture, first_w, windows, sum(windows) OVER () AS total
    FROM (
      SELECT *, greatest(window_of(least(coalesce(to_s, end_s), end_s), window_s) + 1 - first_w, 0) AS windows
      FROM (
        SELECT *, ceil(greatest(coalesce(from_s, start_s), start_s) / window_s)::BIGINT - 1 AS first_w
        FROM losses JOIN lives USING (capture) CROSS JOIN settings
      )
    )
  )
), kept AS (
  SELECT capture, flow, w, basis, rtt_us, false AS crosses_gap
  FROM taken ANTI JOIN gap_windows USING (capture, w)
  WHERE rtt_us IS NOT NULL
  UNION ALL
  -- In the few windows that touch a loss, what was measured across it is left out.
  SELECT capture, flow, w, basis, rtt_us, true
  FROM taken JOIN gap_windows USING (capture, w)
  WHERE rtt_us IS NOT NULL
    AND (basis = 'srtt' OR NOT EXISTS (
      SELECT 1 FROM losses WHERE losses.capture = taken.capture AND coalesce(from_s, t) < t AND coalesce(to_s, t) > since_s
    ))
), per_window AS (
  SELECT capture, flow, w, basis, count(*) AS samples, min(rtt_us) AS rtt_min_us, avg(rtt_us) AS rtt_mean_us,
    quantiles_of(rtt_us) AS quantiles,
    bool_or(crosses_gap) AS crosses_gap
  FROM kept
  GROUP BY capture, flow, w, basis
)
SELECT
  capture, flow, round(w * window_s, 9) AS window_start_s, window_s, basis, samples, rtt_min_us, rtt_mean_us,
  quantiles[1] AS rtt_median_us, quantiles[2] AS rtt_p95_us, quantiles[3] AS rtt_p99_us,
  rtt_mean_us / nullif(min(rtt_min_us) OVER (PARTITION BY flow), 0) AS rtt_inflation, crosses_gap
FROM per_window CROSS JOIN settings;
