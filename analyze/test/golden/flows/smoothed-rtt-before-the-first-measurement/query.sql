-- A SYN is sent before anything was measured: srtt is 0 then, which is no round-trip time. From the setup on it is
-- 823320 / 8 = 102915.
SELECT srtt_min_us, srtt_max_us, round(srtt_mean_us, 3) AS srtt_mean_us FROM flows
