-- The other end of the connection in spurious-timeouts-from-tracepoints. It uses BBR, which leaves ssthresh alone at a
-- timeout and gives cwnd back by itself when Loss ends: whether anything was undone does not show. una ..084d and nxt
-- ..084e behind both expiries: 1 byte, one chain, from cwnd 15. Open at 15856.886629; una ..084e, cwnd 16 and no
-- ssthresh behind it (15856.886762).
--   1 at 15856.348018, the last segment before at 15855.935053 (cwnd 15): 0.412965; 0.538744 twice; 0.538611
--   2 at 15856.780023, the last segment before at 15856.774079 (cwnd 1): 0.005944; 0.106739 twice; 0.106606
SELECT event, round(t, 6) AS t, basis, chain, chain_position AS place, outstanding_bytes AS bytes, round(since_ack_s, 6) AS since_ack_s,
  round(progress_s, 6) AS progress_s, round(recover_s, 6) AS recover_s, round(loss_s, 6) AS loss_s, cwnd_before, cwnd_after,
  ssthresh_before, ssthresh_after, spurious, spurious_evidence
FROM rto_events ORDER BY event
