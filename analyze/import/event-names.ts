/** The tracepoints that become records. `--events` accepts these names. */
export const eventNames = [
  "tcp_probe",
  "tcp_retransmit_skb",
  "tcp_cong_state_set",
  "inet_sock_set_state",
  "tcp_send_reset",
  "tcp_receive_reset",
] as const;
