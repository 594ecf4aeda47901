// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes a record as its line of text. Runs in the reader only, outside every
 * lock of the packet path, so it may take its time; it is still quick, since
 * it decides how many records per second one reader can keep up with.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "format.h"
#include "record.h"

/* In wire order; tcpp_format_record() has to agree. */
/* clang-format off */
static const char *const fields[] = {
	"type",	       "sec.nsec",    "saddr",	      "sport",
	"daddr",       "dport",	      "length",	      "tcp_flags",
	"seq_num",     "ack_num",     "ca_state",     "snd_nxt",
	"snd_una",     "write_seq",   "wqueue",	      "snd_cwnd",
	"ssthresh",    "snd_wnd",     "srtt",	      "mdev",
	"rttvar",      "rto",	      "packets_out",  "lost_out",
	"sacked_out",  "retrans_out", "retrans",      "frto_counter",
	"rto_num",     "sk_pacing_rate",
};

static const char *const extended_fields[] = {
	"record",      "connection",   "netns",		"rcv_wnd",
	"rqueue",      "mss",	       "delivered",	"bytes_acked",
	"app_limited", "busy_us",      "rwnd_limited_us", "sndbuf_limited_us",
	"timer",       "cong",	       "cong_state",
};

/* clang-format on */

static_assert(ARRAY_SIZE(fields) == 30);

static const char *const timers[] = {
	[TCPP_TIMER_NONE] = "-",
	[TCPP_TIMER_RTO] = "rto",
	[TCPP_TIMER_RTO_ZERO_WINDOW] = "rto_zero_window",
	[TCPP_TIMER_PROBE] = "probe",
};

void tcpp_format_fields(struct seq_file *seq, bool extended)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		seq_printf(seq, "%s%s", i ? " " : "", fields[i]);
	if (!extended)
		return;
	for (i = 0; i < ARRAY_SIZE(extended_fields); i++)
		seq_printf(seq, " %s", extended_fields[i]);
}

static const char hex_digits[] = "0123456789abcdef";

/* Two digits of a number below 100; 205 / 2048 is near enough to 1 / 10. */
static void put_pair(char *out, u32 pair)
{
	u32 tens = (pair * 205) >> 11;

	out[0] = '0' + tens;
	out[1] = '0' + (pair - tens * 10);
}

/* Decimal digits from the end of @end backwards; returns their start. */
static char *digits(char *end, u32 value)
{
	while (value >= 100) {
		u32 rest = value / 100;

		end -= 2;
		put_pair(end, value - rest * 100);
		value = rest;
	}
	if (value >= 10) {
		end -= 2;
		put_pair(end, value);
	} else {
		*--end = '0' + value;
	}
	return end;
}

static char *put_u32(char *out, u32 value)
{
	char buffer[10];
	char *start;

	if (value < 10) {
		*out++ = '0' + value;
		return out;
	}
	start = digits(buffer + sizeof(buffer), value);
	memcpy(out, start, buffer + sizeof(buffer) - start);
	return out + (buffer + sizeof(buffer) - start);
}

/* Exactly nine digits. */
static char *put_nine(char *out, u32 value)
{
	char *start = digits(out + 9, value);

	while (start > out)
		*--start = '0';
	return out + 9;
}

static char *put_u64(char *out, u64 value)
{
	u32 low;

	if (value <= U32_MAX)
		return put_u32(out, value);
	value = div_u64_rem(value, NSEC_PER_SEC, &low);
	return put_nine(put_u64(out, value), low);
}

static char *put_text(char *out, const char *text)
{
	while (*text)
		*out++ = *text++;
	return out;
}

static char *put_address(char *out, u8 family, const struct in6_addr *address)
{
	const u8 *byte = address->s6_addr;
	int i;

	if (family == AF_INET6)
		return out + sprintf(out, "%pI6c", address);
	for (i = 0; i < 4; i++) {
		if (i)
			*out++ = '.';
		out = put_u32(out, byte[i]);
	}
	return out;
}

/* The separator and a number: all that most fields are. */
static char *next_u32(char *out, u32 value)
{
	*out++ = ' ';
	return put_u32(out, value);
}

static char *next_u64(char *out, u64 value)
{
	*out++ = ' ';
	return put_u64(out, value);
}

static char *put_key(char *out, const char *key, u64 value)
{
	out = put_text(out, key);
	*out++ = '=';
	return put_u64(out, value);
}

/* BBR's mode follows from its gains, in 1/256, as tcp_bbr.c sets them. */
static const char *bbr_mode(u32 pacing_gain, u32 cwnd_gain)
{
	if (cwnd_gain == 739)
		return pacing_gain == 739 ? "startup" : "drain";
	if (cwnd_gain == 512)
		return "probe_bw";
	if (cwnd_gain == 256 && pacing_gain == 256)
		return "probe_rtt";
	return NULL;
}

static char *put_bbr(char *out, const struct tcp_bbr_info *bbr)
{
	u64 bw = (u64)bbr->bbr_bw_hi << 32 | bbr->bbr_bw_lo;
	const char *mode = bbr_mode(bbr->bbr_pacing_gain, bbr->bbr_cwnd_gain);

	if (mode) {
		out = put_text(out, "mode=");
		out = put_text(out, mode);
		*out++ = ',';
	}
	out = put_key(out, "bw", bw); /* bytes/s */
	out = put_key(out, ",min_rtt_us", bbr->bbr_min_rtt);
	out = put_key(out, ",pacing_gain_256", bbr->bbr_pacing_gain);
	return put_key(out, ",cwnd_gain_256", bbr->bbr_cwnd_gain);
}

static char *put_cubic(char *out, const struct tcpp_cubic_state *cubic)
{
	out = put_key(out, "cnt", cubic->cnt);
	out = put_key(out, ",last_max_cwnd", cubic->last_max_cwnd);
	out = put_key(out, ",origin_point", cubic->origin_point);
	out = put_key(out, ",k", cubic->k);
	out = put_key(out, ",delay_min_us", cubic->delay_min_us);
	out = put_key(out, ",epoch_start", cubic->epoch_start);
	out = put_key(out, ",tcp_cwnd", cubic->tcp_cwnd);
	return put_key(out, ",hystart_found", cubic->found);
}

static char *put_dctcp(char *out, const struct tcp_dctcp_info *dctcp)
{
	out = put_key(out, "enabled", dctcp->dctcp_enabled);
	out = put_key(out, ",ce_state", dctcp->dctcp_ce_state);
	out = put_key(out, ",alpha_1024", dctcp->dctcp_alpha);
	out = put_key(out, ",ab_ecn", dctcp->dctcp_ab_ecn);
	return put_key(out, ",ab_tot", dctcp->dctcp_ab_tot);
}

static char *put_vegas(char *out, const struct tcpvegas_info *vegas)
{
	out = put_key(out, "enabled", vegas->tcpv_enabled);
	out = put_key(out, ",rttcnt", vegas->tcpv_rttcnt);
	out = put_key(out, ",rtt_us", vegas->tcpv_rtt);
	return put_key(out, ",minrtt_us", vegas->tcpv_minrtt);
}

static char *put_cong_state(char *out, const struct tcpp_record *record)
{
	switch (record->cong) {
	case TCPP_CONG_BBR:
		return put_bbr(out, &record->cong_state.bbr);
	case TCPP_CONG_CUBIC:
		return put_cubic(out, &record->cong_state.cubic);
	case TCPP_CONG_DCTCP:
		return put_dctcp(out, &record->cong_state.dctcp);
	case TCPP_CONG_VEGAS:
		return put_vegas(out, &record->cong_state.vegas);
	}
	return put_text(out, "-");
}

static u64 jiffies_in_us(u32 value)
{
	return (u64)value * (USEC_PER_SEC / HZ);
}

static char *put_extended(char *out, const struct tcpp_record *record,
			  u64 number)
{
	out = next_u64(out, number);
	out = next_u64(out, record->connection);
	out = next_u32(out, record->netns);
	out = next_u32(out, record->rcv_wnd);
	out = next_u32(out, record->rqueue);
	out = next_u32(out, record->mss);
	out = next_u32(out, record->delivered);
	out = next_u64(out, record->bytes_acked);
	out = next_u32(out, record->app_limited);
	out = next_u64(out, jiffies_in_us(record->busy));
	out = next_u64(out, jiffies_in_us(record->rwnd_limited));
	out = next_u64(out, jiffies_in_us(record->sndbuf_limited));
	*out++ = ' ';
	out = put_text(out, timers[record->timer]);
	*out++ = ' ';
	out = put_text(out, record->cong_name);
	*out++ = ' ';
	return put_cong_state(out, record);
}

/*
 * Writes the line, newline included, and returns its length, which is at most
 * TCPP_LINE_MAX. @number: the record's own; @zero_ns: when the log was opened.
 */
size_t tcpp_format_record(char *line, const struct tcpp_record *record,
			  u64 number, u64 zero_ns)
{
	char *out = line;
	u32 ns;
	u64 s = div_u64_rem(record->time_ns - zero_ns, NSEC_PER_SEC, &ns);

	out = put_u32(out, record->type);
	out = next_u64(out, s);
	*out++ = '.';
	out = put_nine(out, ns);
	*out++ = ' ';
	out = put_address(out, record->family, &record->local);
	out = next_u32(out, ntohs(record->local_port));
	*out++ = ' ';
	out = put_address(out, record->family, &record->remote);
	out = next_u32(out, ntohs(record->remote_port));
	out = next_u32(out, record->length);
	out = put_text(out, " 0x");
	if (record->tcp_flags >> 4)
		*out++ = hex_digits[record->tcp_flags >> 4];
	*out++ = hex_digits[record->tcp_flags & 15];
	out = next_u32(out, record->seq);
	out = next_u32(out, record->ack);

	out = next_u32(out, record->ca_state);
	out = next_u32(out, record->snd_nxt);
	out = next_u32(out, record->snd_una);
	out = next_u32(out, record->write_seq);
	out = next_u32(out, record->write_seq - record->snd_una);

	out = next_u32(out, record->snd_cwnd);
	out = next_u32(out, record->ssthresh);
	out = next_u32(out, record->snd_wnd);
	out = next_u32(out, record->srtt);
	out = next_u32(out, record->mdev);
	out = next_u32(out, record->rttvar);
	out = next_u32(out, jiffies_to_msecs(record->rto));

	out = next_u32(out, record->packets_out);
	out = next_u32(out, record->lost_out);
	out = next_u32(out, record->sacked_out);
	out = next_u32(out, record->retrans_out);
	out = next_u32(out, record->retrans);
	out = next_u32(out, record->frto);
	out = next_u32(out, record->rto_num);
	out = next_u64(out, record->pacing_rate);

	if (record->extended)
		out = put_extended(out, record, number);
	*out++ = '\n';
	return out - line;
}
