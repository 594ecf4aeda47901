-- A change of the congestion state tells no window and no srtt: what the next record tells was held until it, too.
--   t            held      cwnd  srtt
--   4750.335288  0.002420   67   80379
--   4750.335302     -        -       -   (Disorder)
--   4750.336489  0.001201   67   80473
--   4750.336497     -        -       -   (Recovery)
--   4750.337693  0.001204   66   80403
-- Of 0.004825 s: srtt 387.970465 / 0.004825 = 80408.387, cwnd 0.322071 / 0.004825 = 66.750466
SELECT round(srtt_mean_us, 3) AS srtt_mean_us, round(cwnd_mean, 6) AS cwnd_mean, recovery_episodes, loss_episodes, retransmits, rtos FROM flows
