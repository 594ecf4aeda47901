/**
 * What each record follows, for Parquet that was converted before the pass wrote it: by windows over each connection's
 * records, which costs their sorting at each use. records/follow.ts is the definition; files that are converted now
 * have the columns.
 */
export const followedSql = (select: string): string => `
  WITH told AS (
    SELECT rows.*, counts_packets, tells_samples, round(t * 1e9)::BIGINT AS ns,
      CASE WHEN srtt_us * 8 <= 2147483647 THEN (srtt_us * 8)::BIGINT END AS srtt8,
      coalesce((mdev_us * 4)::BIGINT, snd_una & 4294967295, 0) AS tie,
      CASE
        WHEN counts_packets THEN ca_state
        WHEN sees_ca_state THEN coalesce(last_value(ca_state IGNORE NULLS) OVER before, 'Open')
      END AS held
    FROM (${select}) AS rows JOIN captures ON captures.capture = rows.capture
    WHERE flow IS NOT NULL AND (snd_cwnd IS NOT NULL OR (NOT counts_packets AND ca_state IS NOT NULL))
    WINDOW before AS (PARTITION BY flow ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ), paired AS (
    SELECT *, lag(ns) OVER so_far AS previous_ns, lag(snd_cwnd) OVER so_far AS previous_cwnd, lag(retrans) OVER so_far AS previous_retrans,
      lag(held) OVER so_far AS previous_ca_state, lag(srtt8) OVER so_far AS previous_srtt8, lag(tie) OVER so_far AS previous_tie,
      lag(write_seq) OVER so_far AS previous_write_seq
    FROM told WINDOW so_far AS (PARTITION BY flow ORDER BY ord)
  )
  SELECT * EXCLUDE (counts_packets, tells_samples, ns, srtt8, tie, held, previous_ns, previous_srtt8, previous_tie, previous_write_seq),
    ns - previous_ns AS step_ns,
    CASE WHEN NOT counts_packets THEN held END AS held_ca_state,
    CASE
      WHEN NOT tells_samples OR (srtt8 = previous_srtt8 AND tie = previous_tie) THEN NULL
      WHEN previous_srtt8 = 0 THEN nullif(srtt8, 0) / 8.0
      ELSE (srtt8 - previous_srtt8 + (previous_srtt8 >> 3))::DOUBLE
    END AS rtt_sample_us,
    previous_write_seq - snd_nxt AS unsent_bytes
  FROM paired`;
