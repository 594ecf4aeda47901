/** A record as capture/bpf/record.h has it; a test holds this against the object's own type information. */
import type { FieldType, RecordField, RecordLayout } from "@tcpprobe-plus/tpp/write";

/** The kernel's ring puts its own 8 bytes before each record: the length, and a page number. */
export const ringHeaderBytes = 8;
export const recordBytes = 264;
/** From one record to the next. */
export const strideBytes = ringHeaderBytes + recordBytes;

/** `record.h`'s name of a member where it is not the field's. */
export interface Member {
  readonly name: string;
  readonly type: FieldType;
  readonly offset: number;
  readonly member?: string;
  readonly only?: RecordField["only"];
  /** Absent without the extended fields. */
  readonly extended?: true;
}

const cubic = { field: "cong_kind", value: 2 };
const bbr = { field: "cong_kind", value: 1 };
/** Type of the record of the process that opened or accepted the connection. */
const process = { field: "type", value: 12 };

export const members: readonly Member[] = [
  { name: "time_ns", type: "u64", offset: 0 },
  { name: "connection", type: "u64", offset: 8 },
  { name: "sk_pacing_rate", member: "pacing_rate", type: "u64", offset: 16 },
  { name: "bytes_acked", type: "u64", offset: 24, extended: true },
  { name: "bytes_sent", type: "u64", offset: 32, extended: true },
  { name: "saddr", member: "local", type: "bytes16", offset: 40 },
  { name: "daddr", member: "remote", type: "bytes16", offset: 56 },
  { name: "dport", member: "remote_port", type: "u16be", offset: 72 },
  { name: "sport", member: "local_port", type: "u16", offset: 74 },
  { name: "type", type: "u8", offset: 76 },
  { name: "timer_kind", member: "timer", type: "u8", offset: 77 },
  { name: "old_state", type: "u8", offset: 78 },
  { name: "new_state", type: "u8", offset: 79 },
  { name: "netns", type: "u32", offset: 80 },
  { name: "refused", type: "u32", offset: 84 },
  { name: "length", type: "u32", offset: 88 },
  { name: "seq_num", member: "seq", type: "u32", offset: 92 },
  { name: "ack_num", member: "ack", type: "u32", offset: 96 },
  { name: "snd_nxt", type: "u32", offset: 100 },
  { name: "snd_una", type: "u32", offset: 104 },
  { name: "write_seq", type: "u32", offset: 108 },
  { name: "rcv_nxt", type: "u32", offset: 112 },
  { name: "snd_cwnd", type: "u32", offset: 116 },
  { name: "ssthresh", type: "u32", offset: 120 },
  { name: "snd_wnd", type: "u32", offset: 124 },
  { name: "srtt", type: "u32", offset: 128 },
  { name: "mdev", type: "u32", offset: 132 },
  { name: "rttvar", type: "u32", offset: 136 },
  { name: "rto_jiffies", member: "rto", type: "u32", offset: 140 },
  { name: "packets_out", type: "u32", offset: 144 },
  { name: "lost_out", type: "u32", offset: 148 },
  { name: "sacked_out", type: "u32", offset: 152 },
  { name: "retrans_out", type: "u32", offset: 156 },
  { name: "retrans", type: "u32", offset: 160 },
  { name: "rcv_wnd", type: "u32", offset: 164, extended: true },
  { name: "rqueue", type: "u32", offset: 168, extended: true },
  { name: "mss", type: "u32", offset: 172, extended: true },
  { name: "delivered", type: "u32", offset: 176, extended: true },
  { name: "busy_jiffies", member: "busy", type: "u32", offset: 180, extended: true },
  { name: "rwnd_limited_jiffies", member: "rwnd_limited", type: "u32", offset: 184, extended: true },
  { name: "sndbuf_limited_jiffies", member: "sndbuf_limited", type: "u32", offset: 188, extended: true },
  { name: "min_rtt_us", member: "min_rtt", type: "u32", offset: 192, extended: true },
  { name: "rate_delivered", type: "u32", offset: 196, extended: true },
  { name: "rate_interval_us", member: "rate_interval", type: "u32", offset: 200, extended: true },
  { name: "cpu", type: "u16", offset: 204 },
  { name: "family", type: "u8", offset: 206 },
  { name: "tcp_flags", type: "u8", offset: 207 },
  { name: "ca_state", type: "u8", offset: 208 },
  { name: "frto_counter", member: "frto", type: "u8", offset: 209 },
  { name: "app_limited", type: "u8", offset: 210, extended: true },
  { name: "cong_kind", member: "cong", type: "u8", offset: 211, extended: true },
  { name: "cong", member: "cong_name", type: "chars16", offset: 216, extended: true },
  { name: "cubic_cnt", member: "cubic.cnt", type: "u32", offset: 232, only: cubic, extended: true },
  { name: "cubic_last_max_cwnd", member: "cubic.last_max_cwnd", type: "u32", offset: 236, only: cubic, extended: true },
  { name: "cubic_origin_point", member: "cubic.origin_point", type: "u32", offset: 240, only: cubic, extended: true },
  { name: "cubic_k", member: "cubic.k", type: "u32", offset: 244, only: cubic, extended: true },
  { name: "cubic_delay_min_us", member: "cubic.delay_min_us", type: "u32", offset: 248, only: cubic, extended: true },
  { name: "cubic_epoch_start", member: "cubic.epoch_start", type: "u32", offset: 252, only: cubic, extended: true },
  { name: "cubic_tcp_cwnd", member: "cubic.tcp_cwnd", type: "u32", offset: 256, only: cubic, extended: true },
  { name: "cubic_hystart_found", member: "cubic.found", type: "u32", offset: 260, only: cubic, extended: true },
  { name: "bbr_bw", member: "bbr.bw", type: "u32", offset: 232, only: bbr, extended: true },
  { name: "bbr_min_rtt_us", member: "bbr.min_rtt_us", type: "u32", offset: 236, only: bbr, extended: true },
  { name: "bbr_pacing_gain", member: "bbr.pacing_gain", type: "u32", offset: 240, only: bbr, extended: true },
  { name: "bbr_cwnd_gain", member: "bbr.cwnd_gain", type: "u32", offset: 244, only: bbr, extended: true },
  { name: "bbr_mode", member: "bbr.mode", type: "u32", offset: 248, only: bbr, extended: true },
  { name: "cgroup", member: "process.cgroup", type: "u64", offset: 232, only: process },
  { name: "pid", member: "process.pid", type: "u32", offset: 240, only: process },
  { name: "comm", member: "process.comm", type: "chars16", offset: 244, only: process },
];

/**
 * As the header has it: from the beginning of what the ring holds for each record. `numbered`: whether this kernel lets
 * programs here ask for a socket's cookie, as it does since 5.12; without, the field holds 0 and is not told of.
 */
export function layoutOf(hz: number, extended: boolean, numbered: boolean): RecordLayout {
  const fields = members
    .filter(({ name, extended: more }) => (extended || !more) && (numbered || name !== "connection"))
    .map(({ name, type, offset, only }) => ({
      name,
      type,
      offset: offset + ringHeaderBytes,
      ...(only ? { only } : {}),
    }));
  return { version: 1, bytes: strideBytes, sequence: "absolute", hz, fields };
}
