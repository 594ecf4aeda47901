/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One record as it lies in a ring. Values are the kernel's, unconverted; the
 * units are told beside the names where they are read (layout.ts, which a test
 * holds against this file's BTF).
 *
 * Meanings are those of the kernel module's record (kmod/record.h): state
 * before the kernel handles the segment or the expiry. Sequence numbers are
 * absolute here.
 */
#ifndef TCPP_BPF_RECORD_H
#define TCPP_BPF_RECORD_H

enum tcpp_type {
	TCPP_RECV = 0,
	TCPP_SEND = 1,
	TCPP_TIMEOUT = 2,
	TCPP_SETUP = 3,
	TCPP_DONE = 4,
	/* only where functions cannot be hooked: what tracepoints tell */
	TCPP_RETRANSMIT = 6,
	TCPP_CA_STATE = 7,
	TCPP_STATE = 8,
	TCPP_RESET_SENT = 9,
	TCPP_RESET_RECEIVED = 10,
	/* once a connection: the process that opened or accepted it */
	TCPP_PROCESS = 12,
};

enum tcpp_timer {
	TCPP_TIMER_NONE = 0,
	TCPP_TIMER_RTO,
	TCPP_TIMER_RTO_ZERO_WINDOW,
	TCPP_TIMER_PROBE,
};

enum tcpp_cong {
	TCPP_CONG_NONE = 0,
	TCPP_CONG_BBR,
	TCPP_CONG_CUBIC,
};

#define TCPP_LENGTH_LAST 65535

struct tcpp_cubic {
	u32 cnt;
	u32 last_max_cwnd;
	u32 origin_point;
	u32 k;
	u32 delay_min_us;
	u32 epoch_start;
	u32 tcp_cwnd;
	u32 found;
};

struct tcpp_bbr {
	u32 bw; /* packets/us << 24 */
	u32 min_rtt_us;
	u32 pacing_gain; /* 1/256 */
	u32 cwnd_gain; /* 1/256 */
	u32 mode;
};

struct tcpp_process {
	u64 cgroup;
	u32 pid;
	char comm[16];
};

struct tcpp_record {
	u64 time_ns; /* CLOCK_MONOTONIC */
	u64 connection; /* the socket's cookie; 0: none */
	u64 pacing_rate; /* bytes/s */
	u64 bytes_acked;
	u64 bytes_sent;
	u8 local[16]; /* IPv4: the first 4 bytes */
	u8 remote[16];
	__be16 remote_port;
	u16 local_port; /* in the CPU's own order, as the kernel has both */
	u8 type;
	u8 timer;
	u8 old_state; /* TCPP_STATE: TCP states */
	u8 new_state;
	u32 netns; /* inode number */
	u32 refused; /* records that this CPU's ring has had no room for so far */

	u32 length; /* bytes */
	u32 seq;
	u32 ack;
	u32 snd_nxt;
	u32 snd_una;
	u32 write_seq;
	u32 rcv_nxt;
	u32 snd_cwnd; /* packets */
	u32 ssthresh; /* packets */
	u32 snd_wnd; /* bytes */
	u32 srtt; /* us << 3 */
	u32 mdev; /* us << 2 */
	u32 rttvar; /* us << 2 */
	u32 rto; /* jiffies */
	u32 packets_out;
	u32 lost_out;
	u32 sacked_out;
	u32 retrans_out;
	u32 retrans;

	u32 rcv_wnd; /* bytes */
	u32 rqueue; /* bytes */
	u32 mss; /* bytes */
	u32 delivered; /* packets */
	u32 busy; /* jiffies */
	u32 rwnd_limited; /* jiffies */
	u32 sndbuf_limited; /* jiffies */
	u32 min_rtt; /* us */
	u32 rate_delivered; /* packets … */
	u32 rate_interval; /* … in us */

	u16 cpu;
	u8 family;
	u8 tcp_flags;
	u8 ca_state;
	u8 frto;
	u8 app_limited;
	u8 cong; /* which of the states below */

	char cong_name[16] __attribute__((aligned(8)));
	union {
		struct tcpp_cubic cubic;
		struct tcpp_bbr bbr;
		struct tcpp_process process;
	};
};

_Static_assert(sizeof(struct tcpp_record) == 264, "as layout.ts has it");

#endif
