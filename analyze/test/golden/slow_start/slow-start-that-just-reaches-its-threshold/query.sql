-- HyStart ends slow start by setting ssthresh to cwnd: 88 and 88 from 1.982335520 on, so with the ACK of 1.982169260,
-- from 88 packets, while the state is Open. cwnd never is above ssthresh here.
SELECT exit_s, exit_cwnd, ssthresh, cause FROM slow_start
