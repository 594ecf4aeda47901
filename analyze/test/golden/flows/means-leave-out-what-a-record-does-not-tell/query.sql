-- A change of the congestion state tells no window and no srtt: what was held until it is not known, and weighs
-- nothing.
--   t            held      cwnd  srtt
--   4750.335288  0.002420   67   80379
--   4750.335302  0.000014    -       -   (Disorder)
--   4750.336489  0.001187   67   80473
--   4750.336497  0.000008    -       -   (Recovery)
--   4750.337693  0.001196   66   80403
-- Of 0.004803 s: srtt 386.198619 / 0.004803 = 80408.207, cwnd 0.320605 / 0.004803 = 66.750989
SELECT round(srtt_mean_us, 3) AS srtt_mean_us, round(cwnd_mean, 6) AS cwnd_mean, recovery_episodes, loss_episodes, retransmits, rtos FROM flows
