-- iperf3's control connection, which shares a queue that drops nothing with the data (test/fixtures/causes.ts,
-- validation-cwnd): what it sends arrives half a second late, so both timeouts were spurious. snd_una and snd_nxt are
-- from the first record behind each, as tracepoints tell neither at it:
--   1 at 15855.728020: ..12f1, ..12f2 = 1 byte. The last segment before: 15854.672059. Open at 15855.935511; the
--   record behind that
--     (15856.140039) has una ..12f2, cwnd 10 and no ssthresh again (5 in between): undone.
--     1.055961; 15856.140039 - 15855.728020 = 0.412019, twice; 15855.935511 - 15855.728020 = 0.207491
--   2 at 15856.812025: ..12f2, ..1402 = 272 bytes. The last segment before: 15856.780057. Open at 15856.886781; una is
--   ..12f6 behind
--     it (15856.887437), so 268 bytes were still out. All is acknowledged at 15856.888101.
--     0.031968; 0.075412; 0.076076; 0.074756
SELECT event, round(t, 6) AS t, basis, chain, chain_position AS place, outstanding_bytes AS bytes, round(since_ack_s, 6) AS since_ack_s,
  round(progress_s, 6) AS progress_s, round(recover_s, 6) AS recover_s, round(loss_s, 6) AS loss_s, cwnd_before, cwnd_after,
  ssthresh_before, ssthresh_after, spurious, spurious_evidence
FROM rto_events ORDER BY event
