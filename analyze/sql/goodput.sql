-- Goodput and throughput of each connection in windows of equal length, from its first record to its last. A window
-- without records has goodput 0: nothing was acknowledged in it.
-- needs: trace, settings
-- capture         USMALLINT  file the flow is of
-- flow            UINTEGER   connection
-- window_start_s  DOUBLE     seconds since the capture began
-- window_s        DOUBLE     length of the window, seconds (settings.window_s)
-- acked_bytes     BIGINT     new bytes acknowledged: how far snd_una moved (the FIN's sequence number counts as one)
-- goodput_bps     DOUBLE     acked_bytes in bit/s
-- sent_bytes      BIGINT     payload bytes sent, retransmissions included; NULL where the source sees no sends
-- throughput_bps  DOUBLE     sent_bytes in bit/s; NULL likewise
-- crosses_gap     BOOLEAN    records of the capture were lost in or next to the window, so its numbers are bounds
CREATE VIEW goodput AS
WITH per_window AS (
  SELECT capture, flow, floor(t / window_s)::BIGINT AS w,
    max(snd_una) AS una,
    sum(CASE WHEN type = 'send' THEN length_bytes END)::BIGINT AS sent_bytes,
    min(ord) AS first_ord, max(ord) AS last_ord
  FROM trace CROSS JOIN settings
  WHERE flow IS NOT NULL
  GROUP BY capture, flow, w
), per_flow AS (
  SELECT capture, flow, min(w) AS first_w, max(w) AS last_w, count(sent_bytes) > 0 AS sees_sends
  FROM per_window GROUP BY capture, flow HAVING count(una) > 0
), first_una AS (
  SELECT flow, min(snd_una) AS una FROM trace WHERE flow IS NOT NULL GROUP BY flow
), every_window AS (
  SELECT capture, flow, sees_sends, unnest(range(first_w, last_w + 1)) AS w FROM per_flow
), filled AS (
  SELECT every_window.capture, every_window.flow, every_window.w, sees_sends, sent_bytes, first_ord, last_ord,
    coalesce(max(per_window.una) OVER so_far, first_una.una) AS una,
    first_una.una AS first_una
  FROM every_window
  JOIN first_una USING (flow)
  LEFT JOIN per_window ON per_window.flow = every_window.flow AND per_window.w = every_window.w
  WINDOW so_far AS (PARTITION BY every_window.flow ORDER BY every_window.w ROWS UNBOUNDED PRECEDING)
), advanced AS (
  SELECT *, una - lag(una, 1, first_una) OVER (PARTITION BY flow ORDER BY w) AS acked_bytes FROM filled
), gap_windows AS (
  SELECT DISTINCT flow, w
  FROM per_window JOIN losses ON losses.capture = per_window.capture AND (losses.after_ord IS NULL OR losses.after_ord BETWEEN first_ord - 1 AND last_ord)
)
SELECT
  capture,
  flow,
  round(w * window_s, 9) AS window_start_s,
  window_s,
  acked_bytes,
  acked_bytes * 8 / window_s AS goodput_bps,
  CASE WHEN sees_sends THEN coalesce(sent_bytes, 0) END AS sent_bytes,
  CASE WHEN sees_sends THEN coalesce(sent_bytes, 0) * 8 / window_s END AS throughput_bps,
  gap_windows.w IS NOT NULL AS crosses_gap
FROM advanced
CROSS JOIN settings
LEFT JOIN gap_windows USING (flow, w);
