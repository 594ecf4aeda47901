-- A path cut for 4 s. snd_una stays at 220097 with 227337 - 220097 = 7240 bytes (5 packets) outstanding, so the five
-- expiries are one chain. The last segment received before them is that of 1.883863510. At 9.864535920 221545 is
-- acknowledged (new data), at 10.003686310 230233, which is past 227337. The next record, at 10.003967330, is out of
-- Loss; retrans is 17 there, and 8, 9, 10, 11 and 12 at the expiries. cwnd was 4 and is 2 then, ssthresh 3, then 2 and
-- still 2: nothing was taken back.
--   first:  2.224784060 - 1.883863510 = 0.340920550   9.864535920 - 2.224784060 = 7.639751860
--           10.003686310 - 2.224784060 = 7.778902250  10.003967330 - 2.224784060 = 7.779183270
--   last:   9.820368440 - 1.883863510 = 7.936504930   9.864535920 - 9.820368440 = 0.044167480
--           10.003686310 - 9.820368440 = 0.183317870  10.003967330 - 9.820368440 = 0.183598890
SELECT event, kind, chain, chain_position AS place, rto_ms, outstanding_packets AS packets, outstanding_bytes AS bytes,
  round(since_ack_s, 9) AS since_ack_s, round(progress_s, 9) AS progress_s, round(recover_s, 9) AS recover_s, round(loss_s, 9) AS loss_s,
  retransmits, ca_state_before AS before, ca_state_after AS after, cwnd_before, cwnd_after, ssthresh_before, ssthresh_after, spurious, spurious_evidence
FROM rto_events ORDER BY event
