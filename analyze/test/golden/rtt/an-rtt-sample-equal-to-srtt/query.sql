-- srtt stays at 455843 eighths, but mdev goes from 31290 to 31290 - 31290 / 4 = 23468: a sample just as large as srtt
-- was taken, 455843 / 8 = 56980 in whole us.
SELECT basis, samples, rtt_min_us, rtt_p99_us FROM rtt
