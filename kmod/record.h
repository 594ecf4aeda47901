/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One record as it waits in a ring: raw kernel values, four cache lines.
 * Units are the kernel's; format.c converts them when it writes the text.
 * /proc/net/tcpprobe_records gives its first part as it is, see binary.c.
 */
#ifndef TCPP_RECORD_H
#define TCPP_RECORD_H

#include <linux/build_bug.h>
#include <linux/in6.h>
#include <linux/inet_diag.h>
#include <linux/types.h>
#include <net/tcp.h>

enum tcpp_type {
	TCPP_RECV = 0,
	TCPP_SEND = 1,
	TCPP_TIMEOUT = 2,
	TCPP_SETUP = 3,
	TCPP_DONE = 4,
	TCPP_PURGE = 5,
};

/* Which timer fired; only on a TCPP_TIMEOUT record. */
enum tcpp_timer {
	TCPP_TIMER_NONE = 0,
	TCPP_TIMER_RTO, /* retransmission, counted in TcpExtTCPTimeouts */
	TCPP_TIMER_RTO_ZERO_WINDOW, /* the peer took its window back */
	TCPP_TIMER_PROBE, /* zero-window probe, nothing in flight */
};

/* What tcpp_record.cong_state holds. */
enum tcpp_cong {
	TCPP_CONG_NONE = 0,
	TCPP_CONG_BBR,
	TCPP_CONG_CUBIC,
	TCPP_CONG_DCTCP,
	TCPP_CONG_VEGAS,
};

/* length of a connection's last record */
#define TCPP_LENGTH_LAST 65535

struct tcpp_cubic_state {
	u32 cnt;
	u32 last_max_cwnd;
	u32 origin_point;
	u32 k;
	u32 delay_min_us;
	u32 epoch_start;
	u32 tcp_cwnd;
	u32 found;
};

union tcpp_cong_state {
	struct tcp_bbr_info bbr;
	struct tcp_dctcp_info dctcp;
	struct tcpvegas_info vegas;
	struct tcpp_cubic_state cubic;
};

struct tcpp_record {
	u64 lost_before; /* records lost on this CPU since its last one */
	u64 time_ns; /* CLOCK_MONOTONIC */
	u64 connection;
	u64 pacing_rate; /* bytes/s */
	struct in6_addr local; /* IPv4: the first 4 bytes */
	struct in6_addr remote;
	__be16 local_port;
	__be16 remote_port;
	u32 netns; /* inode number, as lsns shows it */

	u32 length; /* bytes */
	u32 seq; /* from here to write_seq: relative to the flow's base */
	u32 ack;
	u32 snd_nxt;
	u32 snd_una;
	u32 write_seq;
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
	u32 rto_num;

	u8 type;
	u8 family; /* AF_INET also for v4-mapped sockets */
	u8 tcp_flags;
	u8 ca_state;
	u8 frto;
	u8 extended;

	/* from here on only with extended=1 */
	u64 bytes_acked;
	u32 rcv_wnd; /* bytes */
	u32 rqueue; /* bytes */
	u32 mss; /* bytes */
	u32 delivered; /* packets */
	u32 busy; /* jiffies */
	u32 rwnd_limited; /* jiffies */
	u32 sndbuf_limited; /* jiffies */
	char cong_name[TCP_CA_NAME_MAX];
	union tcpp_cong_state cong_state;
	u8 cong;
	u8 timer;
	u8 app_limited;
} ____cacheline_aligned;

static_assert(sizeof(struct tcpp_record) <= 256);

#endif
