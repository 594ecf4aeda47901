-- sk_pacing_rate with all bits set means that pacing is off, and the length 65535 of a last record is no length.
-- Units: srtt is in 1/8 us, mdev and rttvar in 1/4 us, pacing in bytes/s (985114 * 8). ssthresh keeps its "none yet".
SELECT type, length_bytes, tcp_flags, ca_state, ssthresh, srtt_us, mdev_us, rttvar_us, rto_ms, pacing_rate_bps, rcv_wnd_bytes,
  time
FROM trace ORDER BY ord
