-- window: 0.1 s
-- srtt in eighths, and what was added to it turned round (new - old + old / 8 in whole numbers), by the record that
-- brought it:
--   443220 -> 440338: -2882 + 55402 = 52520   the ACK of 1.287844000
--   440338 -> 439837:  -501 + 55042 = 54541   that of 1.289865350
--   439837 (mdev 14538) twice more unchanged: two sends, no sample
--   439837 -> 440030:   193 + 54979 = 55172   that of 1.290496660
-- mean 162233 / 3 = 54077.667; 95 %: 54541 + 0.9 * 631 = 55108.9; 99 %: 54541 + 0.98 * 631 = 55159.38; over 52520:
-- 1.0297
SELECT window_start_s, basis, samples, rtt_min_us, round(rtt_mean_us, 3) AS rtt_mean_us, rtt_median_us, round(rtt_p95_us, 3) AS rtt_p95_us,
  round(rtt_p99_us, 3) AS rtt_p99_us, round(rtt_inflation, 4) AS rtt_inflation, crosses_gap
FROM rtt
