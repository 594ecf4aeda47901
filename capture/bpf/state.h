/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel holds of a connection, read into a record. Each read of a
 * socket costs the kernel a check.
 */
#ifndef TCPP_BPF_STATE_H
#define TCPP_BPF_STATE_H

static __always_inline void read_addresses(struct tcpp_record *r, const struct tcp_sock *tp)
{
	const struct inet_sock *inet = &tp->inet_conn.icsk_inet;
	const struct sock_common *common = &inet->sk.__sk_common;
	u32 ports = common->skc_portpair;
	u16 local_port = ports >> 16;
	u64 pair;
	u32 local;

	r->local_port = local_port ? __builtin_bswap16(local_port) : inet->inet_sport;
	r->remote_port = ports;
	if (common->skc_family == AF_INET6) {
		const u64 *remote = (const u64 *)&common->skc_v6_daddr;
		const u64 *own = (const u64 *)&common->skc_v6_rcv_saddr;
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
	pair = common->skc_addrpair;
	local = pair >> 32;
	r->family = AF_INET;
	((u64 *)r->remote)[0] = (u32)pair;
	((u64 *)r->remote)[1] = 0;
	((u64 *)r->local)[0] = local ? local : inet->inet_saddr;
	((u64 *)r->local)[1] = 0;
}

#define NAME_CUBIC 0x6369627563ULL /* "cubic" */
#define NAME_BBR 0x726262ULL /* "bbr" */

static __always_inline void read_bbr(struct tcpp_record *r, const struct inet_connection_sock *icsk)
{
	const struct bbr *bbr = (const struct bbr *)icsk->icsk_ca_priv;

	r->cong = TCPP_CONG_BBR;
	r->bbr.min_rtt_us = bbr->min_rtt_us;
	r->bbr.mode = BPF_CORE_READ_BITFIELD(bbr, mode);
	r->bbr.pacing_gain = BPF_CORE_READ_BITFIELD(bbr, pacing_gain);
	r->bbr.cwnd_gain = BPF_CORE_READ_BITFIELD(bbr, cwnd_gain);
	r->bbr.bw = 0;
	if (bpf_core_field_exists(bbr->bw))
		r->bbr.bw = BPF_CORE_READ_BITFIELD(bbr, lt_use_bw) ? bbr->lt_bw : bbr->bw.s[0].v;
}

/*
 * Eight bytes as one, wherever they lie: each read costs the kernel a check. The
 * compiler, which would read what it takes for unaligned in two, is not told
 * what they are of.
 */
static __always_inline u64 read_both(const void *at)
{
	asm volatile("" : "+r"(at));
	return *(const u64 *)at;
}

#define follows(second, first)                                 \
	(bpf_core_field_offset(struct bictcp, second) ==        \
	 bpf_core_field_offset(struct bictcp, first) + 4)

static __always_inline void read_cubic(struct tcpp_record *r,
				       const struct inet_connection_sock *icsk)
{
	const struct bictcp *ca = (const struct bictcp *)icsk->icsk_ca_priv;

	r->cong = TCPP_CONG_CUBIC;
	if (follows(last_max_cwnd, cnt) && follows(bic_K, bic_origin_point) &&
	    follows(epoch_start, delay_min)) {
		u64 *out = (u64 *)&r->cubic;

		out[0] = read_both(&ca->cnt);
		out[1] = read_both(&ca->bic_origin_point);
		out[2] = read_both(&ca->delay_min);
	} else {
		r->cubic.cnt = ca->cnt;
		r->cubic.last_max_cwnd = ca->last_max_cwnd;
		r->cubic.origin_point = ca->bic_origin_point;
		r->cubic.k = ca->bic_K;
		r->cubic.delay_min_us = ca->delay_min;
		r->cubic.epoch_start = ca->epoch_start;
	}
	if (bpf_core_field_offset(struct bictcp, found) == bpf_core_field_offset(struct bictcp, tcp_cwnd) + 7) {
		u64 both = read_both(&ca->tcp_cwnd);

		r->cubic.tcp_cwnd = both;
		r->cubic.found = both >> 56;
	} else {
		r->cubic.tcp_cwnd = ca->tcp_cwnd;
		r->cubic.found = ca->found;
	}
}

static __always_inline void read_cong(struct tcpp_record *r,
				      const struct inet_connection_sock *icsk)
{
	const u64 *name = (const u64 *)icsk->icsk_ca_ops->name;
	u64 low = name[0], high = low >> 56 ? name[1] : 0;

	((u64 *)r->cong_name)[0] = low;
	((u64 *)r->cong_name)[1] = high;
	r->cong = TCPP_CONG_NONE;
	if (bpf_core_type_exists(struct bictcp) && low == NAME_CUBIC && !high)
		read_cubic(r, icsk);
	else if (bpf_core_type_exists(struct bbr) && low == NAME_BBR && !high)
		read_bbr(r, icsk);
}

/* Times of tcp_info: the sender had data, and what held it back, if anything */
static __always_inline void read_chrono(struct tcpp_record *r, const struct tcp_sock *tp)
{
	u32 type = BPF_CORE_READ_BITFIELD(tp, chrono_type);
	u64 first = *(const u64 *)&tp->chrono_stat[0];
	u32 busy = first;
	u32 rwnd = first >> 32;
	u32 sndbuf = tp->chrono_stat[2];

	if (type) {
		u32 running = (u32)bpf_jiffies64() - tp->chrono_start;

		if (type == 1)
			busy += running;
		else if (type == 2)
			rwnd += running;
		else
			sndbuf += running;
	}
	r->busy = busy + rwnd + sndbuf;
	r->rwnd_limited = rwnd;
	r->sndbuf_limited = sndbuf;
}

static __always_inline void read_extended(struct tcpp_record *r, const struct tcp_sock *tp)
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
	read_chrono(r, tp);
	read_cong(r, &tp->inet_conn);
}

/* tcp_current_ssthresh() */
static __always_inline u32 current_ssthresh(u32 ssthresh, u32 cwnd, u8 ca_state)
{
	u32 three_quarters = (cwnd >> 1) + (cwnd >> 2);

	if (ca_state == CA_CWR || ca_state == CA_RECOVERY)
		return ssthresh;
	return ssthresh > three_quarters ? ssthresh : three_quarters;
}

/* All that does not depend on a segment; what does is as without one. */
static __always_inline void read_state(struct tcpp_record *r, const struct tcp_sock *tp)
{
	const struct inet_connection_sock *icsk = &tp->inet_conn;
	u8 ca_state = BPF_CORE_READ_BITFIELD(icsk, icsk_ca_state);
	u32 cwnd = tp->snd_cwnd;
	u64 cookie;

	read_addresses(r, tp);
	r->netns = icsk->icsk_inet.sk.__sk_common.skc_net.net->ns.inum;
	cookie = icsk->icsk_inet.sk.__sk_common.skc_cookie.counter;
	/* Until somebody asks it has none. The helper came with this field. */
	if (!cookie && bpf_core_field_exists(struct bpf_prog_info, recursion_misses))
		cookie = bpf_get_socket_cookie((void *)tp);
	r->connection = cookie;
	r->pacing_rate = icsk->icsk_inet.sk.sk_pacing_rate;
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
	r->rto = icsk->icsk_rto;
	r->packets_out = tp->packets_out;
	r->lost_out = tp->lost_out;
	r->sacked_out = tp->sacked_out;
	r->retrans_out = tp->retrans_out;
	r->retrans = tp->total_retrans;
	r->frto = BPF_CORE_READ_BITFIELD(tp, frto);
	r->timer = TCPP_TIMER_NONE;
	r->old_state = 0;
	r->new_state = 0;
	if (settings.extended)
		read_extended(r, tp);
}

static __always_inline void no_segment(struct tcpp_record *r)
{
	r->length = 0;
	r->tcp_flags = 0;
	r->seq = r->snd_nxt;
	r->ack = r->rcv_nxt;
}

#endif
