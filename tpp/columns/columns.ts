/**
 * The table of record fields. A field's name, unit, type, meaning and the sources that supply it are defined only here.
 * DuckDB types, Parquet column comments, docs/fields.md and the check against the kernel module's print order all come
 * from it.
 */

/** The sources, in the order in which documents list them. */
export const sourceNames = ["kmod", "bpf", "tracefs", "ss"] as const;
export type SourceName = (typeof sourceNames)[number];

/** How the contents of data frames are read. */
export const textKinds = [
  /** One record a line in the documented field order, fields named by the header's `columns`. */
  "probe",
  /** Lines of tracefs' trace_pipe, including `[LOST n EVENTS]` lines. */
  "trace_pipe",
  /** Output of `ss -tinHOe`, each poll preceded by a line with its number and times. */
  "ss",
  /** Not text, but binary records of one length, described by the header's `records`. */
  "records",
] as const;
export type TextKind = (typeof textKinds)[number];

export interface Column {
  /** Name in the documented 30-field text and in the module's `Fields:` line. Null for columns that no text has. */
  readonly wire: string | null;
  /** Name in the `trace` table. It includes the unit if the wire name does not. */
  readonly name: string;
  /** DuckDB type of the wire text. */
  readonly wireType: string;
  /** DuckDB type in `trace`. */
  readonly type: string;
  readonly unit: string;
  readonly meaning: string;
  /** How each source supplies it, in a phrase for the docs. The column is NULL for a source that is absent. */
  readonly sources: Readonly<Partial<Record<SourceName, string>>>;
}

/**
 * `type` of a record. 0 to 5 are the module's documented numbers. The others exist only in traces taken from
 * tracepoints or `ss`, which see other moments of a connection's life.
 */
export const recordTypes = [
  { code: 0, name: "recv", meaning: "a segment arrived; state before the kernel handled it" },
  { code: 1, name: "send", meaning: "a segment was sent" },
  { code: 2, name: "timeout", meaning: "the retransmission timer fired; state before the kernel reacted" },
  { code: 3, name: "setup", meaning: "the connection became established" },
  { code: 4, name: "done", meaning: "the connection ended" },
  { code: 5, name: "purge", meaning: "the module forgot the connection after it had been idle for `purgetime`" },
  { code: 6, name: "retransmit", meaning: "tracepoints: the kernel retransmitted a segment (tcp_retransmit_skb)" },
  {
    code: 7,
    name: "ca_state",
    meaning: "tracepoints: the congestion state changed to `ca_state` (tcp_cong_state_set)",
  },
  { code: 8, name: "state", meaning: "tracepoints: another change of the TCP state (inet_sock_set_state)" },
  { code: 9, name: "reset_sent", meaning: "tracepoints: a RST was sent (tcp_send_reset)" },
  { code: 10, name: "reset_received", meaning: "tracepoints: a RST was received (tcp_receive_reset)" },
  { code: 11, name: "sample", meaning: "ss: one poll of the connection's tcp_info" },
] as const;

/** Congestion states in the order of the kernel's `enum tcp_ca_state` (include/uapi/linux/tcp.h). */
export const caStates = ["Open", "Disorder", "CWR", "Recovery", "Loss"] as const;

/** `ssthresh` before it is first set: TCP_INFINITE_SSTHRESH in include/net/tcp.h. */
export const noSsthresh = 2147483647;

/**
 * `length` of a connection's last record (types 4 and 5). Merged segments (BIG TCP, GRO) can also be this long or
 * longer.
 */
export const lastRecordLength = 65535;

const u16 = "USMALLINT";
const u32 = "UINTEGER";
const u64 = "UBIGINT";

/** The 30 documented fields in wire order. */
export const documentedColumns: readonly Column[] = [
  {
    wire: "type",
    name: "type",
    wireType: "UTINYINT",
    type: "record_type",
    unit: "",
    meaning: "kind of record: recv, send, timeout, setup, done, purge; tracepoints and ss add their own",
    sources: { kmod: "field", bpf: "field", tracefs: "the event", ss: "sample" },
  },
  {
    wire: "sec.nsec",
    name: "t",
    wireType: "DECIMAL(18,9)",
    type: "DOUBLE",
    unit: "s",
    meaning: "time since the capture's zero (the header's clock anchors tie it to UTC)",
    sources: { kmod: "field, ns", bpf: "mono clock, ns", tracefs: "mono clock, us", ss: "time of the poll" },
  },
  {
    wire: "saddr",
    name: "saddr",
    wireType: "VARCHAR",
    type: "VARCHAR",
    unit: "",
    meaning: "local address; IPv4 dotted, IPv6 in canonical text form",
    sources: { kmod: "field", bpf: "field", tracefs: "src, saddr or saddrv6", ss: "Local Address" },
  },
  {
    wire: "sport",
    name: "sport",
    wireType: u16,
    type: u16,
    unit: "",
    meaning: "local port",
    sources: { kmod: "field", bpf: "field", tracefs: "src or sport", ss: "Local Port" },
  },
  {
    wire: "daddr",
    name: "daddr",
    wireType: "VARCHAR",
    type: "VARCHAR",
    unit: "",
    meaning: "remote address",
    sources: { kmod: "field", bpf: "field", tracefs: "dest, daddr or daddrv6", ss: "Peer Address" },
  },
  {
    wire: "dport",
    name: "dport",
    wireType: u16,
    type: u16,
    unit: "",
    meaning: "remote port",
    sources: { kmod: "field", bpf: "field", tracefs: "dest or dport", ss: "Peer Port" },
  },
  {
    wire: "length",
    name: "length_bytes",
    wireType: u32,
    type: u32,
    unit: "bytes",
    meaning: "payload of the segment; NULL in records that are not segments (the text has 65535 in a last record)",
    sources: { kmod: "field", bpf: "field", tracefs: "data_len (recv only)" },
  },
  {
    wire: "tcp_flags",
    name: "tcp_flags",
    wireType: "UTINYINT",
    type: "UTINYINT",
    unit: "",
    meaning: "flag byte of the TCP header: 1 FIN, 2 SYN, 4 RST, 8 PSH, 16 ACK, 32 URG, 64 ECE, 128 CWR",
    sources: { kmod: "field", bpf: "field" },
  },
  {
    wire: "seq_num",
    name: "seq_num",
    wireType: u32,
    type: "BIGINT",
    unit: "bytes",
    meaning: "sequence number of the segment, relative to the first seen on the flow, unwrapped to 64 bits",
    sources: { kmod: "field", bpf: "field" },
  },
  {
    wire: "ack_num",
    name: "ack_num",
    wireType: u32,
    type: "BIGINT",
    unit: "bytes",
    meaning: "acknowledgement number of the segment, relative and unwrapped in the same way",
    sources: { kmod: "field", bpf: "field" },
  },
  {
    wire: "ca_state",
    name: "ca_state",
    wireType: "UTINYINT",
    type: "ca_state",
    unit: "",
    meaning: "congestion state: Open, Disorder, CWR, Recovery, Loss",
    sources: { kmod: "field", bpf: "field", tracefs: "cong_state, at its changes only (kernel 6.x on)" },
  },
  {
    wire: "snd_nxt",
    name: "snd_nxt",
    wireType: u32,
    type: "BIGINT",
    unit: "bytes",
    meaning: "next sequence number to send, relative and unwrapped",
    sources: { kmod: "field", bpf: "field", tracefs: "snd_nxt (recv only)" },
  },
  {
    wire: "snd_una",
    name: "snd_una",
    wireType: u32,
    type: "BIGINT",
    unit: "bytes",
    meaning: "first unacknowledged sequence number, relative and unwrapped",
    sources: { kmod: "field", bpf: "field", tracefs: "snd_una (recv only)" },
  },
  {
    wire: "write_seq",
    name: "write_seq",
    wireType: u32,
    type: "BIGINT",
    unit: "bytes",
    meaning: "end of the data that the application has written, relative and unwrapped",
    sources: { kmod: "field", bpf: "field" },
  },
  {
    wire: "wqueue",
    name: "wqueue_bytes",
    wireType: u32,
    type: u32,
    unit: "bytes",
    meaning: "send buffer occupancy: write_seq - snd_una",
    sources: { kmod: "field", bpf: "field", ss: "Send-Q" },
  },
  {
    wire: "snd_cwnd",
    name: "snd_cwnd",
    wireType: u32,
    type: u32,
    unit: "packets",
    meaning: "congestion window",
    sources: { kmod: "field", bpf: "field", tracefs: "snd_cwnd (recv only)", ss: "cwnd" },
  },
  {
    wire: "ssthresh",
    name: "ssthresh",
    wireType: u32,
    type: u32,
    unit: "packets",
    meaning: "slow-start threshold now in force (the kernel's tcp_current_ssthresh); 2147483647 means none yet",
    sources: { kmod: "field", bpf: "field", tracefs: "ssthresh (recv only)", ss: "ssthresh (left out while none)" },
  },
  {
    wire: "snd_wnd",
    name: "snd_wnd_bytes",
    wireType: u32,
    type: u32,
    unit: "bytes",
    meaning: "the peer's advertised window, in bytes (older descriptions of this field say packets)",
    sources: { kmod: "field", bpf: "field", tracefs: "snd_wnd (recv only)", ss: "snd_wnd" },
  },
  {
    wire: "srtt",
    name: "srtt_us",
    wireType: u32,
    type: "DOUBLE",
    unit: "us",
    meaning: "smoothed round-trip time; the text has 1/8 us",
    sources: { kmod: "field / 8", bpf: "field / 8", tracefs: "srtt, whole us (recv only)", ss: "rtt" },
  },
  {
    wire: "mdev",
    name: "mdev_us",
    wireType: u32,
    type: "DOUBLE",
    unit: "us",
    meaning: "mean deviation of the round-trip time; the text has 1/4 us",
    sources: { kmod: "field / 4", bpf: "field / 4", ss: "rtt, behind the slash (tcp_info calls it rttvar)" },
  },
  {
    wire: "rttvar",
    name: "rttvar_us",
    wireType: u32,
    type: "DOUBLE",
    unit: "us",
    meaning: "smoothed maximum of mdev, as the retransmission timeout uses it; the text has 1/4 us",
    sources: { kmod: "field / 4", bpf: "field / 4" },
  },
  {
    wire: "rto",
    name: "rto_ms",
    wireType: u32,
    type: u32,
    unit: "ms",
    meaning: "retransmission timeout now in force",
    sources: { kmod: "field", bpf: "field, jiffies", ss: "rto" },
  },
  {
    wire: "packets_out",
    name: "packets_out",
    wireType: u32,
    type: u32,
    unit: "packets",
    meaning: "segments sent and not yet acknowledged cumulatively",
    sources: { kmod: "field", bpf: "field", ss: "unacked" },
  },
  {
    wire: "lost_out",
    name: "lost_out",
    wireType: u32,
    type: u32,
    unit: "packets",
    meaning: "segments of packets_out that the sender believes lost",
    sources: { kmod: "field", bpf: "field", ss: "lost" },
  },
  {
    wire: "sacked_out",
    name: "sacked_out",
    wireType: u32,
    type: u32,
    unit: "packets",
    meaning: "segments of packets_out that arrived out of order (SACKed)",
    sources: { kmod: "field", bpf: "field", ss: "sacked" },
  },
  {
    wire: "retrans_out",
    name: "retrans_out",
    wireType: u32,
    type: u32,
    unit: "packets",
    meaning: "retransmitted segments in flight",
    sources: { kmod: "field", bpf: "field", ss: "retrans, before the slash" },
  },
  {
    wire: "retrans",
    name: "retrans",
    wireType: u32,
    type: u32,
    unit: "packets",
    meaning: "segments retransmitted so far on the connection",
    sources: { kmod: "field", bpf: "field", ss: "retrans, behind the slash" },
  },
  {
    wire: "frto_counter",
    name: "frto",
    wireType: "UTINYINT",
    type: "UTINYINT",
    unit: "",
    meaning: "1 while F-RTO checks whether the last timeout was spurious (a flag since kernel 3.10, not a counter)",
    sources: { kmod: "field", bpf: "field" },
  },
  {
    wire: "rto_num",
    name: "rto_num",
    wireType: u32,
    type: u32,
    unit: "",
    meaning: "retransmission timeouts so far on the flow",
    sources: { kmod: "field", bpf: "type-2 records counted (function hooks)" },
  },
  {
    wire: "sk_pacing_rate",
    name: "pacing_rate_bps",
    wireType: u64,
    type: "DOUBLE",
    unit: "bit/s",
    meaning: "pacing rate; the text has bytes/s. NULL while pacing is off (the text has all bits set)",
    sources: { kmod: "field * 8", bpf: "field * 8", ss: "pacing_rate" },
  },
];

const extended = "extended=1";
const processTold = "once a connection, if opened or accepted during the capture (Linux 5.12 on)";

/** Columns of `trace` that the module appends to a line with extended=1, and those that only ss supplies. */
export const extendedColumns: readonly Column[] = [
  {
    wire: "record",
    name: "record",
    wireType: u64,
    type: u64,
    unit: "",
    meaning: "number of the record among all that the module meant to write: a gap is a loss",
    sources: { kmod: extended },
  },
  {
    wire: "connection",
    name: "connection",
    wireType: u64,
    type: u64,
    unit: "",
    meaning: "the source's own number of the connection's end, the same on all its records",
    sources: { kmod: extended, bpf: "the socket's cookie (Linux 5.12 on)", ss: "sk, the socket's cookie" },
  },
  {
    wire: "netns",
    name: "netns",
    wireType: u64,
    type: u64,
    unit: "",
    meaning: "inode number of the network namespace",
    sources: { kmod: extended, bpf: "field" },
  },
  {
    wire: "rcv_wnd",
    name: "rcv_wnd_bytes",
    wireType: u32,
    type: u32,
    unit: "bytes",
    meaning: "window that this end advertises",
    sources: { kmod: extended, bpf: "extended", tracefs: "rcv_wnd (recv only)", ss: "rcv_wnd" },
  },
  {
    wire: "rqueue",
    name: "rqueue_bytes",
    wireType: u32,
    type: u32,
    unit: "bytes",
    meaning: "receive buffer: bytes that wait for the application",
    sources: { kmod: extended, bpf: "extended", ss: "Recv-Q" },
  },
  {
    wire: "mss",
    name: "mss_bytes",
    wireType: u32,
    type: u32,
    unit: "bytes",
    meaning: "maximum segment size now used for sending",
    sources: { kmod: extended, bpf: "extended", ss: "mss" },
  },
  {
    wire: "delivered",
    name: "delivered",
    wireType: u32,
    type: u32,
    unit: "packets",
    meaning: "segments delivered so far, retransmitted ones included",
    sources: { kmod: extended, bpf: "extended", ss: "delivered" },
  },
  {
    wire: "bytes_acked",
    name: "bytes_acked",
    wireType: u64,
    type: "BIGINT",
    unit: "bytes",
    meaning: "bytes that the peer acknowledged so far (the kernel counts a SYN or FIN as one)",
    sources: { kmod: extended, bpf: "extended", ss: "bytes_acked" },
  },
  {
    wire: "app_limited",
    name: "app_limited",
    wireType: "UTINYINT",
    type: "BOOLEAN",
    unit: "",
    meaning: "the rate samples are limited by the application",
    sources: { kmod: extended, bpf: "extended", ss: "app_limited" },
  },
  {
    wire: "busy_us",
    name: "busy_us",
    wireType: u64,
    type: "BIGINT",
    unit: "us",
    meaning: "time so far with data to send or in flight, counted in jiffies",
    sources: { kmod: extended, bpf: "extended", ss: "busy, ms" },
  },
  {
    wire: "rwnd_limited_us",
    name: "rwnd_limited_us",
    wireType: u64,
    type: "BIGINT",
    unit: "us",
    meaning: "of busy_us, limited by the peer's receive window",
    sources: { kmod: extended, bpf: "extended", ss: "rwnd_limited, ms" },
  },
  {
    wire: "sndbuf_limited_us",
    name: "sndbuf_limited_us",
    wireType: u64,
    type: "BIGINT",
    unit: "us",
    meaning: "of busy_us, limited by the send buffer",
    sources: { kmod: extended, bpf: "extended", ss: "sndbuf_limited, ms" },
  },
  {
    wire: "timer",
    name: "timer",
    wireType: "VARCHAR",
    type: "VARCHAR",
    unit: "",
    meaning: "of a timeout: rto, rto_zero_window (the peer had closed its window) or probe (zero-window probe)",
    sources: { kmod: extended, bpf: "extended" },
  },
  {
    wire: "cong",
    name: "cong",
    wireType: "VARCHAR",
    type: "VARCHAR",
    unit: "",
    meaning: "congestion control algorithm",
    sources: { kmod: extended, bpf: "extended", ss: "the algorithm's name" },
  },
  {
    wire: "cong_state",
    name: "cong_state",
    wireType: "VARCHAR",
    type: "VARCHAR",
    unit: "",
    meaning: "the algorithm's own state, key=value separated by commas",
    sources: { kmod: extended, bpf: "extended", ss: "bbr:(…), dctcp:(…)" },
  },
  {
    wire: null,
    name: "bytes_sent",
    wireType: "",
    type: "BIGINT",
    unit: "bytes",
    meaning: "payload bytes sent so far, retransmissions included",
    sources: { bpf: "extended", ss: "bytes_sent" },
  },
  {
    wire: null,
    name: "delivery_rate_bps",
    wireType: "",
    type: "DOUBLE",
    unit: "bit/s",
    meaning: "the kernel's newest sample of the rate at which segments were delivered",
    sources: { bpf: "extended: rate_delivered, rate_interval_us, mss", ss: "delivery_rate" },
  },
  {
    wire: null,
    name: "min_rtt_us",
    wireType: "",
    type: "DOUBLE",
    unit: "us",
    meaning: "the kernel's minimum round-trip time (windowed, net.ipv4.tcp_min_rtt_wlen)",
    sources: { bpf: "extended", ss: "minrtt" },
  },
  {
    wire: null,
    name: "backoff",
    wireType: "",
    type: "UTINYINT",
    unit: "",
    meaning: "times that the retransmission or probe timer expired since something new was acknowledged",
    sources: { ss: "backoff" },
  },
  {
    wire: null,
    name: "sndbuf_bytes",
    wireType: "",
    type: u32,
    unit: "bytes",
    meaning: "size of the send buffer, counted in memory with its overhead (sk_sndbuf)",
    sources: { ss: "skmem: tb" },
  },
  {
    wire: null,
    name: "wmem_queued_bytes",
    wireType: "",
    type: u32,
    unit: "bytes",
    meaning: "how much of it is taken (sk_wmem_queued)",
    sources: { ss: "skmem: w" },
  },
  {
    wire: null,
    name: "pid",
    wireType: "",
    type: u32,
    unit: "",
    meaning: "the process that opened or accepted the connection, the same on all its records; NULL where not known",
    sources: { bpf: processTold },
  },
  {
    wire: null,
    name: "comm",
    wireType: "",
    type: "VARCHAR",
    unit: "",
    meaning: "its name then (at most 15 bytes, chosen by the process itself)",
    sources: { bpf: processTold },
  },
  {
    wire: null,
    name: "cgroup_id",
    wireType: "",
    type: u64,
    unit: "",
    meaning: "its cgroup then: the inode number of the cgroup's folder in cgroup2",
    sources: { bpf: processTold },
  },
];

/** Columns of `trace` that no text has. */
export const derivedColumns: readonly Column[] = [
  {
    wire: null,
    name: "capture",
    wireType: "",
    type: u16,
    unit: "",
    meaning: "number of the capture that the record belongs to, counted from 1 in the order given",
    sources: { kmod: "counted", bpf: "counted", tracefs: "counted", ss: "counted" },
  },
  {
    wire: null,
    name: "ord",
    wireType: "",
    type: "BIGINT",
    unit: "",
    meaning: "place of the record in the capture, counted from 1; orders records of equal time",
    sources: { kmod: "counted", bpf: "counted", tracefs: "counted", ss: "counted" },
  },
  {
    wire: null,
    name: "time",
    wireType: "",
    type: "TIMESTAMP_NS",
    unit: "UTC",
    meaning: "wall-clock time of the record: the header's realtime anchor plus t",
    sources: { kmod: "anchor + t", bpf: "anchor + t", tracefs: "anchor + t", ss: "anchor + t" },
  },
  {
    wire: null,
    name: "flow",
    wireType: "",
    type: u32,
    unit: "",
    meaning: "one id per connection and end, counted from 1 in order of first sight; a reused 4-tuple is a new flow",
    sources: { kmod: "derived", bpf: "derived", tracefs: "derived", ss: "derived" },
  },
  {
    wire: null,
    name: "detail",
    wireType: "",
    type: "VARCHAR",
    unit: "",
    meaning: "further information as text: the TCP state or its change, the reason for a reset",
    sources: { tracefs: "oldstate to newstate, state, reason", ss: "State" },
  },
];

/** Wire names of the 30 documented fields, in order. */
export const documentedWireNames: readonly string[] = documentedColumns.map((column) => column.wire as string);

/** All columns of `trace`, in table order. */
export const traceColumns: readonly Column[] = (() => {
  const derived = (name: string): Column => {
    const found = derivedColumns.find((column) => column.name === name);
    if (!found) throw new Error(`no derived column ${name}`);
    return found;
  };
  return [
    derived("capture"),
    derived("ord"),
    derived("time"),
    derived("flow"),
    ...documentedColumns,
    ...extendedColumns,
    derived("detail"),
  ];
})();
