-- A tcp_probe, a tcp_cong_state_set and a tcp_retransmit_skb. Nothing is filled with 0.
SELECT type, ca_state, snd_cwnd, srtt_us, length_bytes, snd_nxt - snd_una AS inflight_bytes, rcv_wnd_bytes, detail,
  coalesce(tcp_flags, seq_num, ack_num, write_seq, wqueue_bytes, mdev_us, rttvar_us, rto_ms, packets_out, lost_out,
    sacked_out, retrans_out, retrans, frto, rto_num, pacing_rate_bps) AS never
FROM trace ORDER BY ord
