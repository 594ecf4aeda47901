// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies what a socket and a packet hold into a record. Reads only; called
 * with the socket locked (a purge excepted, see flow.c).
 */
#include <linux/inet_diag.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/tcp.h>
#include <net/tcp.h>

#include "compat.h"
#include "flow.h"
#include "record.h"
#include "sample.h"
#include "sysctl.h"

/* The part of net/ipv4/tcp_cubic.c's private state that is read here. */
struct cubic_private {
	u32 cnt;
	u32 last_max_cwnd;
	u32 last_cwnd;
	u32 last_time;
	u32 bic_origin_point;
	u32 bic_k;
	u32 delay_min;
	u32 epoch_start;
	u32 ack_cnt;
	u32 tcp_cwnd;
	u16 unused;
	u8 sample_cnt;
	u8 found;
};

static bool read_cubic(struct tcpp_record *record, const struct sock *sk)
{
	const struct cubic_private *ca = inet_csk_ca(sk);
	struct tcpp_cubic_state *out = &record->cong_state.cubic;

	/* of one length, so that the compiler compares without a call */
	if (!TCPP_CUBIC_KNOWN ||
	    memcmp(record->cong_name, "cubic", sizeof("cubic")))
		return false;
	BUILD_BUG_ON(sizeof(*ca) > ICSK_CA_PRIV_SIZE);
	out->cnt = ca->cnt;
	out->last_max_cwnd = ca->last_max_cwnd;
	out->origin_point = ca->bic_origin_point;
	out->k = ca->bic_k;
	out->delay_min_us = ca->delay_min;
	out->epoch_start = ca->epoch_start;
	out->tcp_cwnd = ca->tcp_cwnd;
	out->found = ca->found;
	record->cong = TCPP_CONG_CUBIC;
	return true;
}

/*
 * What an algorithm tells of itself through its diagnostic interface, the
 * one behind `ss -i`: no private layout to know, and it holds for any version.
 */
static void read_cong(struct tcpp_record *record, struct sock *sk)
{
	const struct tcp_congestion_ops *ops = inet_csk(sk)->icsk_ca_ops;
	union tcp_cc_info info;
	int kind = 0;

	record->cong = TCPP_CONG_NONE;
	memcpy(record->cong_name, ops->name, sizeof(record->cong_name));
	if (read_cubic(record, sk) || !ops->get_info)
		return;
	if (!ops->get_info(sk, 1 << (INET_DIAG_VEGASINFO - 1), &kind, &info))
		return;
	switch (kind) {
	case INET_DIAG_BBRINFO:
		record->cong = TCPP_CONG_BBR;
		record->cong_state.bbr = info.bbr;
		break;
	case INET_DIAG_DCTCPINFO:
		record->cong = TCPP_CONG_DCTCP;
		record->cong_state.dctcp = info.dctcp;
		break;
	case INET_DIAG_VEGASINFO:
		record->cong = TCPP_CONG_VEGAS;
		record->cong_state.vegas = info.vegas;
		break;
	}
}

/* Times of tcp_info: the sender had data, and what held it back, if anything */
static void read_chrono(struct tcpp_record *record, const struct tcp_sock *tp)
{
	u32 stat[__TCP_CHRONO_MAX - 1]; /* by the kind, which begins with 1 */
	unsigned int now = tp->chrono_type;
	u32 busy, rwnd, sndbuf;

	BUILD_BUG_ON(sizeof(stat) != sizeof(tp->chrono_stat));
	memcpy(stat, tp->chrono_stat, sizeof(stat));
	if (now != TCP_CHRONO_UNSPEC)
		stat[now - 1] += tcp_jiffies32 - tp->chrono_start;
	busy = stat[TCP_CHRONO_BUSY - 1];
	rwnd = stat[TCP_CHRONO_RWND_LIMITED - 1];
	sndbuf = stat[TCP_CHRONO_SNDBUF_LIMITED - 1];
	record->busy = busy + rwnd + sndbuf;
	record->rwnd_limited = rwnd;
	record->sndbuf_limited = sndbuf;
}

/* Not inline: its arrays would cost every record a check of the stack. */
static noinline void sample_extended(struct tcpp_record *record,
				     struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	record->timer = TCPP_TIMER_NONE;
	record->app_limited = !!tp->app_limited;
	record->rcv_wnd = tp->rcv_wnd;
	record->rqueue = max_t(s32, tp->rcv_nxt - READ_ONCE(tp->copied_seq), 0);
	record->mss = tp->mss_cache;
	record->delivered = tp->delivered;
	record->bytes_acked = tp->bytes_acked;
	read_chrono(record, tp);
	read_cong(record, sk);
}

/* All that does not depend on a packet. */
void tcpp_sample_state(struct tcpp_record *record, const struct tcpp_flow *flow,
		       struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);

	record->connection = flow->id;
	record->netns = flow->netns;
	record->family = flow->family;
	record->local = flow->local;
	record->remote = flow->remote;
	record->local_port = flow->local_port;
	record->remote_port = flow->remote_port;

	record->ca_state = icsk->icsk_ca_state;
	record->snd_nxt = tp->snd_nxt - flow->local_base;
	record->snd_una = tp->snd_una - flow->local_base;
	record->write_seq = tp->write_seq - flow->local_base;
	record->snd_cwnd = tcpp_snd_cwnd(tp);
	record->ssthresh = tcp_current_ssthresh(sk);
	record->snd_wnd = tp->snd_wnd;
	record->srtt = tp->srtt_us;
	record->mdev = tp->mdev_us;
	record->rttvar = tp->rttvar_us;
	record->rto = icsk->icsk_rto;
	record->packets_out = tp->packets_out;
	record->lost_out = tp->lost_out;
	record->sacked_out = tp->sacked_out;
	record->retrans_out = tp->retrans_out;
	record->retrans = tp->total_retrans;
	record->frto = tp->frto;
	record->rto_num = flow->rto_num;
	record->pacing_rate = READ_ONCE(sk->sk_pacing_rate);

	record->extended = READ_ONCE(tcpp_conf.extended);
	if (record->extended)
		sample_extended(record, sk);
}

static u32 relative_remote(const struct tcpp_flow *flow, u32 seq)
{
	return flow->remote_known ? seq - flow->remote_base : 0;
}

/*
 * @skb: as in tcp_v4_do_rcv(), it begins with the TCP header. Where the backlog
 * has merged neighbours, only the control block knows what they are together.
 */
void tcpp_sample_received(struct tcpp_record *record,
			  const struct tcpp_flow *flow,
			  const struct sk_buff *skb)
{
	const struct tcphdr *th = (const struct tcphdr *)skb->data;
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

	record->type = TCPP_RECV;
	record->length = skb->len - __tcp_hdrlen(th);
	record->tcp_flags = cb->tcp_flags;
	record->seq = relative_remote(flow, cb->seq);
	record->ack = th->ack ? cb->ack_seq - flow->local_base : 0;
}

/* Will the urgent pointer of this segment be set? */
static bool is_urgent(const struct tcp_sock *tp, u32 seq)
{
	u32 up = tp->snd_up;

	if (likely(tp->snd_una == up) || !before(seq, up))
		return false;
	/* the pointer has 16 bits; farther away, it is set for all there is */
	return before(up, seq + 0x10000) || after(seq + 0xffff, tp->snd_nxt);
}

/* The flags that __tcp_transmit_skb() is about to write into the header. */
static u8 flags_to_send(const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	const struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	u8 flags = cb->tcp_flags;

	if (is_urgent(tp, cb->seq))
		flags |= TCPHDR_URG;
	if (flags & TCPHDR_SYN)
		return flags;
	if (tcp_skb_pcount(skb) > 1)
		flags |= TCPHDR_PSH;
	if (tcpp_classic_ecn(tp)) {
		if (tp->ecn_flags & TCP_ECN_DEMAND_CWR)
			flags |= TCPHDR_ECE;
		if (tp->ecn_flags & TCP_ECN_QUEUE_CWR && skb->len &&
		    !before(cb->seq, tp->snd_nxt))
			flags |= TCPHDR_CWR;
	}
	return flags;
}

/* @skb: as at the start of __tcp_transmit_skb(), without a TCP header yet. */
void tcpp_sample_sent(struct tcpp_record *record, const struct tcpp_flow *flow,
		      const struct sock *sk, const struct sk_buff *skb,
		      u32 rcv_nxt)
{
	record->type = TCPP_SEND;
	record->length = skb->len;
	record->tcp_flags = flags_to_send(sk, skb);
	record->seq = TCP_SKB_CB(skb)->seq - flow->local_base;
	record->ack = 0;
	if (record->tcp_flags & TCPHDR_ACK)
		record->ack = relative_remote(flow, rcv_nxt);
}

/* A record that no packet goes with: where the two directions stand. */
void tcpp_sample_no_packet(struct tcpp_record *record,
			   const struct tcpp_flow *flow, const struct sock *sk)
{
	record->length = 0;
	record->tcp_flags = 0;
	record->seq = record->snd_nxt;
	record->ack = relative_remote(flow, tcp_sk(sk)->rcv_nxt);
}
