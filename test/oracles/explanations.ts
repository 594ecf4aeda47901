/** What stands in docs/accuracy.md above each table: what is compared with what, and what is known to differ. */
import type { Metric } from "./comparison.ts";

export const explanations: Readonly<Record<Metric, readonly string[]>> = {
  connections: [
    "Flows of `flows` whose remote port is the run's, beside tshark's TCP streams that begin with a SYN to it (iperf3 opens two: its",
    "messages and its data). In the case port-reuse three of them have the same addresses and ports.",
  ],
  "time of day": [
    "How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC: in the capture's header, from which `time` follows, beside the best of 500 readings by",
    "another program just before. tcpdump's times are tied to the records' by the latter.",
    "",
    "Node tells the real time in whole milliseconds, so capture waits for one to begin and then reads the monotonic clock. On a machine so busy",
    "that capture loses its CPU in between, the two are apart by as long as that takes.",
  ],
  "bytes acknowledged": [
    "`acked_bytes` of `flows`, beside the highest acknowledgement in tcpdump's file, without SYN and FIN, and without that",
    "of a RST, at which no TCP looks.",
    "",
    "Tracepoints: `tcp_probe` shows the state before a segment and only in ESTABLISHED, so the last acknowledgements are missing: those",
    "from the last segment received in ESTABLISHED on.",
  ],
  "bytes acknowledged (iperf3)": [
    "The same, beside what iperf3's sender reports, and 37 bytes more: the name of the test, which iperf3 sends first on each data",
    "connection and does not count. iperf3 counts what it has written. When its test is over it closes the connection, whatever is still in",
    "the send buffer: the peer answers with a RST, and what it had not acknowledged by then never is.",
  ],
  retransmissions: [
    "Sum of `retransmits` of `flows` over the run's connections, beside the advance of nstat's TcpRetransSegs in the sender's namespace.",
    "",
    "Tracepoints: `tcp_retransmit_skb` is told once a buffer, which with segmentation offload can be several segments. Over loopback, where it is on, that",
    "explains a count between that of the segments and that of the runs of neighbours among them.",
  ],
  "retransmissions by connection": [
    "`retransmits` of `flows`, beside the segments in tcpdump's file that were sent before. Tracepoints: as above.",
  ],
  timeouts: [
    "Rows of `rto_events` that are no zero-window probes, beside the advance of nstat's TcpExtTCPTimeouts.",
    "",
    "Tracepoints show no timer. What stands in for it is the entry into the state Loss, which the kernel announces at each timeout; `basis` says so.",
  ],
  "bytes in flight": [
    "`inflight_bytes` of `inflight` (snd_nxt - snd_una), record by record, beside the highest sequence number that tcpdump saw leave less",
    "the highest acknowledgement that it saw arrive. Module: at each data segment sent, paired by its sequence number, before it.",
    "Tracepoints: at each segment received, before it; there the time is the only link, so a record is equal if tcpdump saw that number",
    "within 0.5 ms. The table has the records compared / those equal (the rest: explained + not).",
  ],
  "goodput by second": [
    "`acked_bytes` of `goodput` in windows of one second, beside the advance of the highest acknowledgement in tcpdump's file from edge to",
    "edge of the same windows. The table has the windows / those within 0.1 % (the worst).",
    "",
    "Tracepoints show snd_una before each segment and not what the segment acknowledges, so what the last one of a window acknowledges counts",
    "in the next window: with few packets a second, that is more than 0.1 %. The sequence numbers of SYN and FIN count as one byte each.",
  ],
  "smoothed RTT": [
    "`srtt_us` at each record of the sender, beside the smoothed RTT of [RFC 6298](https://www.rfc-editor.org/rfc/rfc6298) computed from the times in",
    "tcpdump's file: of the oldest segment that an acknowledgement newly acknowledges; where that was sent again, by SACK or else by",
    "the echoed timestamp ([RFC 7323](https://www.rfc-editor.org/rfc/rfc7323)). The claim is that 95 % of the records are within 5 %, or",
    "within 0.1 ms, which is what the way between the device and the socket may take. The table has the means over the records.",
  ],
  "completion time": [
    "`duration_s` of `flows`, from the first record to the last, beside the time from the SYN to the connection's last frame, or to the RST that",
    "ended it.",
  ],
  "limits: receiver": [
    "`rwnd_share` of `limits` times the connection's life, beside `rwnd_limited` in ss's last look; the difference is of the life. With extended",
    "records `limits` takes the kernel's own times, so this shows that it takes the right ones.",
  ],
  "limits: send buffer": [
    "`sndbuf_share`, beside `sndbuf_limited`, likewise. None of these transfers waits for its send buffer, so all that is shown is 0.",
  ],
  "limits: busy": ["What is not `idle_share`, beside `busy`, likewise."],
  "limits by records: receiver": [
    "The same where `limits` has to tell from the records alone: from tracepoints, and from the module's records cut to the 30",
    "documented fields (`basis` then is `tracepoints` or `records`). These are proxies; how far they are off is what the table is for.",
  ],
  "limits by records: busy": [
    "What is not `idle_share`, likewise. Tracepoints show received segments only: where an application writes seldom and the round trip is",
    "short, nearly all the time between two of them was idle, and none of it is seen as such.",
  ],
};
