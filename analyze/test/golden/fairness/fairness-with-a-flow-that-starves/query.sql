-- window: 1 s
-- Two connections in the same second. Of the first, nothing is acknowledged (snd_una stays dea09b33), though data is
-- outstanding; of the other 1448 bytes: (1448 + 0)^2 / (2 * (1448^2 + 0^2)) = 0.5. A connection that starves counts.
SELECT window_start_s, flows, goodput_bps, jain FROM fairness
