-- The samples of rtt-samples-across-a-loss-are-left-out, one by one, with the time of the record with whose packet
-- each was measured. That of 4750.338911 is left out: records were lost until the next.
SELECT round(t, 6) AS t, rtt_us, basis FROM rtt_samples ORDER BY t
