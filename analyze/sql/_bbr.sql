-- BBR's model of the path, as the algorithm tells it with each record. Before its first measurement it tells 0, which
-- is not known here. Each of its texts is read once: most records tell the same as the one before.
-- needs: trace
-- flow, ord, t   UINTEGER, BIGINT, DOUBLE  as in `trace`
-- bandwidth_bps  DOUBLE                    its estimate of the path's bandwidth, bit/s
-- min_rtt_us     DOUBLE                    its smallest round-trip time, microseconds
-- pacing_gain    DOUBLE                    times the bandwidth at which it sends
-- cwnd_gain      DOUBLE                    times the bandwidth-delay product that its window holds
WITH
  texts AS (
    SELECT DISTINCT
      cong_state
    FROM
      trace
    WHERE
      cong = 'bbr'
      AND cong_state IS NOT NULL
  ),
  told AS (
    -- The module and BPF tell bytes a second and gains in 256ths, ss has text with units.
    SELECT
      cong_state,
      TRY_CAST (nullif(regexp_extract(cong_state, '(?:^|,)bw=([0-9]+)(?:,|$)', 1), '') AS DOUBLE) AS bytes_per_s,
      TRY_CAST (nullif(regexp_extract(cong_state, '(?:^|,)bw=([0-9.]+)[KMG]?bps', 1), '') AS DOUBLE) AS bits,
      regexp_extract(cong_state, '(?:^|,)bw=[0-9.]+([KMG]?)bps', 1) AS unit,
      TRY_CAST (nullif(regexp_extract(cong_state, 'min_rtt_us=([0-9]+)', 1), '') AS DOUBLE) AS us,
      TRY_CAST (nullif(regexp_extract(cong_state, '(?:^|,)mrtt=([0-9.]+)', 1), '') AS DOUBLE) AS ms,
      TRY_CAST (nullif(regexp_extract(cong_state, 'pacing_gain_256=([0-9]+)', 1), '') AS DOUBLE) / 256 AS pacing_256,
      TRY_CAST (nullif(regexp_extract(cong_state, '(?:^|,)pacing_gain=([0-9.]+)', 1), '') AS DOUBLE) AS pacing,
      TRY_CAST (nullif(regexp_extract(cong_state, 'cwnd_gain_256=([0-9]+)', 1), '') AS DOUBLE) / 256 AS cwnd_256,
      TRY_CAST (nullif(regexp_extract(cong_state, '(?:^|,)cwnd_gain=([0-9.]+)', 1), '') AS DOUBLE) AS cwnd
    FROM
      texts
  )
SELECT
  flow,
  ord,
  t,
  nullif(
    coalesce(
      8 * bytes_per_s,
      bits * CASE unit
        WHEN 'K' THEN 1e3
        WHEN 'M' THEN 1e6
        WHEN 'G' THEN 1e9
        ELSE 1
      END
    ),
    0
  ) AS bandwidth_bps,
  nullif(coalesce(us, 1000 * ms), 0) AS min_rtt_us,
  nullif(coalesce(pacing_256, pacing), 0) AS pacing_gain,
  nullif(coalesce(cwnd_256, cwnd), 0) AS cwnd_gain
FROM
  trace
  JOIN told USING (cong_state)
WHERE
  cong = 'bbr';
