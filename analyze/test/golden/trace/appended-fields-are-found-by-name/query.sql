-- extended=1 appends fields, named in the header: rcv_wnd has a column, the others are left out and do no harm.
SELECT type, snd_cwnd, pacing_rate_bps, rcv_wnd_bytes FROM trace ORDER BY ord
