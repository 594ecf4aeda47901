-- A record shows the state that had been held since the record before it, so each value weighs that long:
--   t            held          cwnd  srtt/8      inflight
--   1.169159950  -             10    (weighs nothing: nobody knows how long it was held)
--   1.174184200  0.005024250   11     95962.25   17377 - 1449 = 15928
--   1.174483700  0.000299500   12     90505.75   20273 - 2897 = 17376
--   1.174548080  0.000064380   13     85074.25   23169 - 4345 = 18824
--   together     0.005388130
--   cwnd_mean  = (11 * 5024.25 + 12 * 299.5 + 13 * 64.38) / 5388.13 = 59697.69 / 5388.13 = 11.0795
-- Unweighted, cwnd would be 11.5. Acknowledged: 4345 - 1.
SELECT start_s, duration_s, records, seen, acked_bytes, round(cwnd_mean, 4) AS cwnd_mean, cwnd_max,
  round(srtt_mean_us, 3) AS srtt_mean_us, srtt_min_us, srtt_max_us, round(inflight_mean_bytes, 3) AS inflight_mean_bytes
FROM flows
