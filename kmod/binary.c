// SPDX-License-Identifier: GPL-2.0-only
/*
 * A record as /proc/net/tcpprobe_records gives it: as it waits in the ring, but
 * for its number, so that reading formats nothing. All records of a log have
 * one length: with the extended fields, or without them, as the setting is when
 * the log is opened. The statistics tell which value is where, since that is
 * this build's own affair.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "binary.h"
#include "record.h"

/* The number stands where the ring has what the reader makes it from. */
#define NUMBER_AT offsetof(struct tcpp_record, lost_before)
static_assert(sizeof_field(struct tcpp_record, lost_before) == sizeof(u64));

/* Multiples of 8, so that a reader may take a record as a struct. */
#define PLAIN_BYTES offsetof(struct tcpp_record, bytes_acked)
#define EXTENDED_BYTES \
	ALIGN(offsetofend(struct tcpp_record, app_limited), sizeof(u64))
static_assert(PLAIN_BYTES % sizeof(u64) == 0);
static_assert(sizeof(struct tcpp_record) >= EXTENDED_BYTES);

struct field {
	const char *name;
	const char *type;
	size_t offset;
	const char *only; /* only in records with this value of that field */
};

#define AT(member) offsetof(struct tcpp_record, member)
#define FIELD(name, type, member)            \
	{                                    \
		name, type, AT(member), NULL \
	}
#define EXTENDED(name, type, member)                 \
	{                                            \
		name, type, AT(member), "extended=1" \
	}
#define STATE(kind, name, type, member)                               \
	{                                                             \
		name, type, AT(cong_state.member), "cong_kind=" #kind \
	}

/* Names and types as docs/tpp-format.md has them. */
static const struct field fields[] = {
	{ "record", "u64", NUMBER_AT, NULL },
	FIELD("time_ns", "u64", time_ns),
	FIELD("connection", "u64", connection),
	FIELD("sk_pacing_rate", "u64", pacing_rate),
	FIELD("saddr", "bytes16", local),
	FIELD("daddr", "bytes16", remote),
	FIELD("sport", "u16be", local_port),
	FIELD("dport", "u16be", remote_port),
	FIELD("netns", "u32", netns),
	FIELD("length", "u32", length),
	FIELD("seq_num", "u32", seq),
	FIELD("ack_num", "u32", ack),
	FIELD("snd_nxt", "u32", snd_nxt),
	FIELD("snd_una", "u32", snd_una),
	FIELD("write_seq", "u32", write_seq),
	FIELD("snd_cwnd", "u32", snd_cwnd),
	FIELD("ssthresh", "u32", ssthresh),
	FIELD("snd_wnd", "u32", snd_wnd),
	FIELD("srtt", "u32", srtt),
	FIELD("mdev", "u32", mdev),
	FIELD("rttvar", "u32", rttvar),
	FIELD("rto_jiffies", "u32", rto),
	FIELD("packets_out", "u32", packets_out),
	FIELD("lost_out", "u32", lost_out),
	FIELD("sacked_out", "u32", sacked_out),
	FIELD("retrans_out", "u32", retrans_out),
	FIELD("retrans", "u32", retrans),
	FIELD("rto_num", "u32", rto_num),
	FIELD("type", "u8", type),
	FIELD("family", "u8", family),
	FIELD("tcp_flags", "u8", tcp_flags),
	FIELD("ca_state", "u8", ca_state),
	FIELD("frto_counter", "u8", frto),
	FIELD("extended", "u8", extended),
	EXTENDED("bytes_acked", "u64", bytes_acked),
	EXTENDED("timer_kind", "u8", timer),
	EXTENDED("app_limited", "u8", app_limited),
	EXTENDED("cong_kind", "u8", cong),
	EXTENDED("rcv_wnd", "u32", rcv_wnd),
	EXTENDED("rqueue", "u32", rqueue),
	EXTENDED("mss", "u32", mss),
	EXTENDED("delivered", "u32", delivered),
	EXTENDED("busy_jiffies", "u32", busy),
	EXTENDED("rwnd_limited_jiffies", "u32", rwnd_limited),
	EXTENDED("sndbuf_limited_jiffies", "u32", sndbuf_limited),
	EXTENDED("cong", "chars16", cong_name),
	STATE(1, "bbr_bw_lo", "u32", bbr.bbr_bw_lo),
	STATE(1, "bbr_bw_hi", "u32", bbr.bbr_bw_hi),
	STATE(1, "bbr_min_rtt_us", "u32", bbr.bbr_min_rtt),
	STATE(1, "bbr_pacing_gain", "u32", bbr.bbr_pacing_gain),
	STATE(1, "bbr_cwnd_gain", "u32", bbr.bbr_cwnd_gain),
	STATE(2, "cubic_cnt", "u32", cubic.cnt),
	STATE(2, "cubic_last_max_cwnd", "u32", cubic.last_max_cwnd),
	STATE(2, "cubic_origin_point", "u32", cubic.origin_point),
	STATE(2, "cubic_k", "u32", cubic.k),
	STATE(2, "cubic_delay_min_us", "u32", cubic.delay_min_us),
	STATE(2, "cubic_epoch_start", "u32", cubic.epoch_start),
	STATE(2, "cubic_tcp_cwnd", "u32", cubic.tcp_cwnd),
	STATE(2, "cubic_hystart_found", "u32", cubic.found),
	STATE(3, "dctcp_enabled", "u16", dctcp.dctcp_enabled),
	STATE(3, "dctcp_ce_state", "u16", dctcp.dctcp_ce_state),
	STATE(3, "dctcp_alpha_1024", "u32", dctcp.dctcp_alpha),
	STATE(3, "dctcp_ab_ecn", "u32", dctcp.dctcp_ab_ecn),
	STATE(3, "dctcp_ab_tot", "u32", dctcp.dctcp_ab_tot),
	STATE(4, "vegas_enabled", "u32", vegas.tcpv_enabled),
	STATE(4, "vegas_rttcnt", "u32", vegas.tcpv_rttcnt),
	STATE(4, "vegas_rtt_us", "u32", vegas.tcpv_rtt),
	STATE(4, "vegas_minrtt_us", "u32", vegas.tcpv_minrtt),
};

static_assert(TCPP_CONG_BBR == 1 && TCPP_CONG_CUBIC == 2 &&
	      TCPP_CONG_DCTCP == 3 && TCPP_CONG_VEGAS == 4);
static_assert(TCP_CA_NAME_MAX == 16);

size_t tcpp_binary_bytes(bool extended)
{
	return extended ? EXTENDED_BYTES : PLAIN_BYTES;
}

/*
 * @bytes: as tcpp_binary_bytes() has it; two constants, so that the compiler
 * copies without a call. What an earlier record left in the ring behind a
 * short one is not told.
 */
size_t tcpp_binary_record(char *out, const struct tcpp_record *record,
			  u64 number, size_t bytes)
{
	if (bytes == PLAIN_BYTES) {
		memcpy(out, record, PLAIN_BYTES);
	} else {
		memcpy(out, record, EXTENDED_BYTES);
		if (!record->extended)
			memset(out + PLAIN_BYTES, 0,
			       EXTENDED_BYTES - PLAIN_BYTES);
	}
	memcpy(out + NUMBER_AT, &number, sizeof(number));
	return bytes;
}

void tcpp_binary_show(struct seq_file *seq, size_t bytes)
{
	unsigned int i;

	seq_printf(seq, "Binary: bytes %zu hz %d", bytes, HZ);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = &fields[i];

		if (field->offset >= bytes)
			continue;
		seq_printf(seq, " %s:%s:%zu", field->name, field->type,
			   field->offset);
		if (field->only)
			seq_printf(seq, ":%s", field->only);
	}
	seq_putc(seq, '\n');
}
