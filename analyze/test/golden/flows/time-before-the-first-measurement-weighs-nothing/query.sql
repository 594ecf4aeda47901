-- A SYN is sent twice before anything was measured (the second line is synthetic: the first, 50 ms later). The time
-- between them tells no round-trip time, so the mean is of the time from then on: 823320 / 8 = 102915.
SELECT srtt_min_us, srtt_max_us, round(srtt_mean_us, 3) AS srtt_mean_us FROM flows
