/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel holds of a connection, read into a record. Each read of a
 * socket costs the kernel a check.
 */
#ifndef TCPP_BPF_STATE_H
#define TCPP_BPF_STATE_H

/* One expression from the socket on is one read with its offset; a pointer in between would have to be added up. */
#define common_of(tp) ((tp)->inet_conn.icsk_inet.sk.__sk_common)

/* What a pointer is of, the compiler shall not know: it would read what it takes for unaligned in two. */
#define hidden(pointer)                              \
	({                                           \
		typeof(pointer) at = (pointer);      \
		asm volatile("" : "+r"(at));         \
		at;                                  \
	})

static __always_inline void read_addresses(struct tcpp_record *r, const struct tcp_sock *tp)
{
	u32 ports = common_of(tp).skc_portpair;
	u64 pair;
	u32 local;

	if (!(ports >> 16))
		ports |= (u32)__builtin_bswap16(tp->inet_conn.icsk_inet.inet_sport) << 16;
	*(u32 *)&r->remote_port = ports;
	if (common_of(tp).skc_family == AF_INET6) {
		const u64 *remote = (const u64 *)&common_of(tp).skc_v6_daddr;
		const u64 *own = (const u64 *)&common_of(tp).skc_v6_rcv_saddr;
		u64 high = remote[0], low = remote[1];

		/* a v4-mapped socket's packets are IPv4 packets */
		if (!is_mapped(high, low)) {
			r->family = AF_INET6;
			((u64 *)r->remote)[0] = high;
			((u64 *)r->remote)[1] = low;
			((u64 *)r->local)[0] = own[0];
			((u64 *)r->local)[1] = own[1];
			return;
		}
	}
	pair = common_of(tp).skc_addrpair;
	local = pair >> 32;
	r->family = AF_INET;
	((u32 *)r->remote)[0] = pair;
	((u32 *)r->remote)[1] = 0;
	((u64 *)r->remote)[1] = 0;
	((u32 *)r->local)[0] = local ? local : tp->inet_conn.icsk_inet.inet_saddr;
	((u32 *)r->local)[1] = 0;
	((u64 *)r->local)[1] = 0;
}

/* As BPF_CORE_READ_BITFIELD(), of what is not signed. */
#define read_bits(from, field)                                                              \
	({                                                                                  \
		const void *at = hidden((const void *)(from) + __CORE_RELO(from, field, BYTE_OFFSET)); \
		u64 bits;                                                                   \
                                                                                            \
		if (__CORE_RELO(from, field, BYTE_SIZE) == 1)                               \
			bits = *(const u8 *)at;                                             \
		else                                                                        \
			bits = *(const u32 *)at;                                            \
		bits << __CORE_RELO(from, field, LSHIFT_U64) >> __CORE_RELO(from, field, RSHIFT_U64); \
	})

#define NAME_CUBIC 0x6369627563ULL /* "cubic" */
#define NAME_BBR 0x726262ULL /* "bbr" */

static __always_inline void read_bbr(struct tcpp_record *r, const struct bbr *bbr)
{
	r->bbr.min_rtt_us = bbr->min_rtt_us;
	r->bbr.mode = read_bits(bbr, mode);
	r->bbr.pacing_gain = read_bits(bbr, pacing_gain);
	r->bbr.cwnd_gain = read_bits(bbr, cwnd_gain);
	r->bbr.bw = 0;
	if (bpf_core_field_exists(bbr->bw))
		r->bbr.bw = read_bits(bbr, lt_use_bw) ? bbr->lt_bw : bbr->bw.s[0].v;
}

/* Where the kernels so far have it, two fields are one read each. */
#define cubic_at(field, offset) (bpf_core_field_offset(struct bictcp, field) == (offset))

static __always_inline void read_cubic(struct tcpp_record *r, const struct bictcp *ca)
{
	if (cubic_at(cnt, 0) && cubic_at(last_max_cwnd, 4) && cubic_at(bic_origin_point, 16) &&
	    cubic_at(bic_K, 20) && cubic_at(delay_min, 24) && cubic_at(epoch_start, 28) &&
	    cubic_at(tcp_cwnd, 36) && cubic_at(found, 43)) {
		const u64 *at = (const u64 *)hidden(ca);
		u64 *out = (u64 *)&r->cubic;
		u64 last = *(const u64 *)((const u8 *)at + 36);

		out[0] = at[0];
		out[1] = at[2];
		out[2] = at[3];
		r->cubic.tcp_cwnd = last;
		r->cubic.found = last >> 56;
	} else {
		r->cubic.cnt = ca->cnt;
		r->cubic.last_max_cwnd = ca->last_max_cwnd;
		r->cubic.origin_point = ca->bic_origin_point;
		r->cubic.k = ca->bic_K;
		r->cubic.delay_min_us = ca->delay_min;
		r->cubic.epoch_start = ca->epoch_start;
		r->cubic.tcp_cwnd = ca->tcp_cwnd;
		r->cubic.found = ca->found;
	}
}

static __always_inline void read_cong(struct tcpp_record *r, const struct tcp_sock *tp)
{
	const u64 *name = (const u64 *)tp->inet_conn.icsk_ca_ops->name;
	u64 low = name[0], high = low >> 56 ? name[1] : 0;
	u8 kind = TCPP_CONG_NONE;

	((u64 *)r->cong_name)[0] = low;
	((u64 *)r->cong_name)[1] = high;
	if (bpf_core_type_exists(struct bictcp) && low == NAME_CUBIC) {
		read_cubic(r, (const struct bictcp *)tp->inet_conn.icsk_ca_priv);
		kind = TCPP_CONG_CUBIC;
	} else if (bpf_core_type_exists(struct bbr) && low == NAME_BBR) {
		read_bbr(r, (const struct bbr *)tp->inet_conn.icsk_ca_priv);
		kind = TCPP_CONG_BBR;
	}
	r->cong = kind;
}

/* Times of tcp_info: the sender had data, and what held it back, if anything */
static __always_inline void read_chrono(struct tcpp_record *r, const struct tcp_sock *tp, u32 now)
{
	u32 type = read_bits(tp, chrono_type);
	u64 first = *(const u64 *)&tp->chrono_stat[0];
	u32 rwnd = first >> 32;
	u32 sndbuf = tp->chrono_stat[2];
	u32 busy = (u32)first + rwnd + sndbuf;

	if (type) {
		u32 running = now - tp->chrono_start;

		busy += running;
		if (type == 2)
			rwnd += running;
		else if (type == 3)
			sndbuf += running;
	}
	r->busy = busy;
	r->rwnd_limited = rwnd;
	r->sndbuf_limited = sndbuf;
}

static __always_inline void read_extended(struct tcpp_record *r, const struct tcp_sock *tp, u32 now)
{
	__s32 waiting = r->rcv_nxt - tp->copied_seq;

	r->app_limited = tp->app_limited != 0;
	r->rcv_wnd = tp->rcv_wnd;
	r->rqueue = waiting > 0 ? waiting : 0;
	r->mss = tp->mss_cache;
	r->delivered = tp->delivered;
	r->bytes_acked = tp->bytes_acked;
	r->bytes_sent = tp->bytes_sent;
	r->min_rtt = tp->rtt_min.s[0].v;
	r->rate_delivered = tp->rate_delivered;
	r->rate_interval = tp->rate_interval_us;
	read_chrono(r, tp, now);
	read_cong(r, tp);
}

/* tcp_current_ssthresh() */
static __always_inline u32 current_ssthresh(u32 ssthresh, u32 cwnd, u64 ca_state)
{
	u32 three_quarters = (cwnd >> 1) + (cwnd >> 2);

	if (ca_state == CA_CWR || ca_state == CA_RECOVERY)
		return ssthresh;
	return ssthresh > three_quarters ? ssthresh : three_quarters;
}

/* All that does not depend on a segment; what does is as without one. */
static __always_inline void read_state(struct tcpp_record *r, const struct tcp_sock *tp)
{
	/* First, since a call takes registers. The kernel makes a plain read of this one. */
	u32 now = bpf_jiffies64();
	u64 ca_state = read_bits(tp, inet_conn.icsk_ca_state);
	u32 cwnd = tp->snd_cwnd;
	u64 cookie;

	read_addresses(r, tp);
	r->netns = common_of(tp).skc_net.net->ns.inum;
	cookie = common_of(tp).skc_cookie.counter;
	/* Until somebody asks it has none. The helper came with this field. */
	if (!cookie && bpf_core_field_exists(struct bpf_prog_info, recursion_misses))
		cookie = bpf_get_socket_cookie((void *)tp);
	r->connection = cookie;
	r->pacing_rate = tp->inet_conn.icsk_inet.sk.sk_pacing_rate;
	r->ca_state = ca_state;
	r->snd_nxt = tp->snd_nxt;
	r->snd_una = tp->snd_una;
	r->write_seq = tp->write_seq;
	r->rcv_nxt = tp->rcv_nxt;
	r->snd_cwnd = cwnd;
	r->ssthresh = current_ssthresh(tp->snd_ssthresh, cwnd, ca_state);
	r->snd_wnd = tp->snd_wnd;
	r->srtt = tp->srtt_us;
	r->mdev = tp->mdev_us;
	r->rttvar = tp->rttvar_us;
	r->rto = tp->inet_conn.icsk_rto;
	r->packets_out = tp->packets_out;
	r->lost_out = tp->lost_out;
	r->sacked_out = tp->sacked_out;
	r->retrans_out = tp->retrans_out;
	r->retrans = tp->total_retrans;
	r->frto = read_bits(tp, frto);
	if (settings.extended)
		read_extended(r, tp, now);
}

static __always_inline void no_segment(struct tcpp_record *r)
{
	r->length = 0;
	r->tcp_flags = 0;
	r->seq = r->snd_nxt;
	r->ack = r->rcv_nxt;
}

#endif
