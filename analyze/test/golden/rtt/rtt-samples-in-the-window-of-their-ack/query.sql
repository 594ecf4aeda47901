-- window: 0.001 s
-- As rtt-samples-from-srtt, in windows so short that each ACK and the record that shows its sample are in different
-- ones. A sample belongs to when it was measured, with the ACK: 52520 at 1.287844000, 54541 at 1.289865350, 55172 at
-- 1.290496660.
SELECT window_start_s, samples, rtt_min_us FROM rtt ORDER BY window_start_s
