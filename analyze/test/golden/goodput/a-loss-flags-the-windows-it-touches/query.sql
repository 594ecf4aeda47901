-- window: 0.005 s
-- Events were lost between 4750.338911 and 4750.340218 (the line is synthetic): in the windows of .335 and .340, not
-- in that of .345. The sender's stretches are of 4750.337693 to 4750.346277: 0.002307 + 0.005 + 0.001277 s.
-- That it was established as the capture ran (the line is synthetic) tells that it began in Open.
SELECT 'goodput' AS view, round(window_start_s, 3) AS s, NULL AS told_s, crosses_gap FROM goodput
UNION ALL SELECT 'limits_by_window', round(window_start_s, 3), round(told_s, 6), crosses_gap FROM limits_by_window
UNION ALL SELECT 'fairness', round(window_start_s, 3), NULL, crosses_gap FROM fairness
ORDER BY view, s
