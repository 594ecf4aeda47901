-- From the first record to the second the smoothed RTT took two steps: a record between them is missing, and nothing
-- says so. srtt as a kernel showed it:
--   8 * (4308 - 5008) + 5008 = -592, which no round trip can be; 8 * (4512 - 4308) + 4308 = 5940
SELECT round(t, 6) AS t, rtt_us, basis FROM rtt_samples ORDER BY t
