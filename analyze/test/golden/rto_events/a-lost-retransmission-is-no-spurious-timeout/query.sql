-- One packet in five is dropped and nothing waits (test/fixtures/causes.ts, cause-loss): no timeout can be spurious.
-- At 15981.304043 una is cfb52dee and nxt cfb53ee6 (from 15981.304155): 4344 bytes. The last segment before came at
-- 15981.096130. Loss ends at 15981.304189 with una at cfb5393e, 1448 bytes early: but for Recovery, not Open. Of what
-- was sent behind the ACK of .304155 (again cfb5393e, new cfb53ee6) the peer received one segment (.304180), and the
-- ACK of that (.304185) moved una no further: the retransmission was lost. It is sent a third time, arrives (.304195),
-- and una goes to cfb5448e (.304217).
--   0.207913; .304185 - .304043 = 0.000142; .304217 - .304043 = 0.000174; .304189 - .304043 = 0.000146
SELECT event, round(t, 6) AS t, outstanding_bytes AS bytes, round(since_ack_s, 6) AS since_ack_s, round(progress_s, 6) AS progress_s,
  round(recover_s, 6) AS recover_s, round(loss_s, 6) AS loss_s, cwnd_before, cwnd_after, ssthresh_before, ssthresh_after, spurious, spurious_evidence
FROM rto_events
