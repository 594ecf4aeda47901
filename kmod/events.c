// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a connection, and which record that gives.
 *
 * All but the purge run in a hook: socket locked (by a softirq, or owned by the
 * process, then bottom halves may be on), before the kernel acts. Everything
 * here runs with bottom halves off and under RCU, without sleeping, and takes
 * no lock but a hash bucket's when a flow comes or goes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bottom_half.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <net/tcp.h>

#include "compat.h"
#include "counters.h"
#include "events.h"
#include "flow.h"
#include "log.h"
#include "record.h"
#include "ring.h"
#include "sample.h"
#include "sysctl.h"

/* States in which an incoming segment is recorded. */
#define RECEIVING                                             \
	(TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | \
	 TCPF_CLOSE_WAIT | TCPF_LAST_ACK | TCPF_CLOSING)

/* States that a close turns into a reset. */
#define RESETTING                                              \
	(TCPF_ESTABLISHED | TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 | \
	 TCPF_FIN_WAIT2 | TCPF_SYN_RECV)

/* Macros, so that sparse can follow them. */
#define enter()                     \
	do {                        \
		local_bh_disable(); \
		rcu_read_lock();    \
	} while (0)

#define leave()                    \
	do {                       \
		rcu_read_unlock(); \
		local_bh_enable(); \
	} while (0)

/* Is this a connection that the settings ask for? */
static bool wanted(const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	unsigned int port = READ_ONCE(tcpp_conf.port);

	if (sk->sk_protocol != IPPROTO_TCP)
		return false;
	return !port || ntohs(inet->inet_sport) == port ||
	       ntohs(inet->inet_dport) == port;
}

/* Times are between packets of the same direction. */
static noinline bool too_soon(u64 last_ns, unsigned int probetime)
{
	return last_ns &&
	       ktime_get_ns() - last_ns < (u64)probetime * NSEC_PER_MSEC;
}

/*
 * Do full and probetime let this packet of the flow through? A change of cwnd
 * is recorded once, with the packet of either direction that first meets it.
 * Inline, since as a rule every packet is due.
 */
static __always_inline bool sample_due(struct tcpp_flow *flow,
				       const struct sock *sk,
				       enum tcpp_type direction)
{
	unsigned int probetime = READ_ONCE(tcpp_conf.probetime);
	u32 cwnd = tcpp_snd_cwnd(tcp_sk(sk));

	if (unlikely(!READ_ONCE(tcpp_conf.full)) && flow->sampled &&
	    cwnd == flow->last_cwnd)
		return false;
	if (unlikely(probetime) &&
	    too_soon(flow->last_sample_ns[direction], probetime))
		return false;
	flow->sampled = true;
	flow->last_cwnd = cwnd;
	return true;
}

/* Its message goes to the console, so only after the record is whole. */
static noinline void commit_and_tell(struct tcpp_record *record)
{
	const struct tcpp_record copy = *record;

	tcpp_log_wake(tcpp_ring_commit(record));
	pr_info_ratelimited("flow %llu: type %u length %u seq %u ack %u\n",
			    copy.connection, copy.type, copy.length, copy.seq,
			    copy.ack);
}

static void commit(struct tcpp_record *record)
{
	if (unlikely(READ_ONCE(tcpp_conf.debug) >= 2))
		commit_and_tell(record);
	else
		tcpp_log_wake(tcpp_ring_commit(record));
}

/* A record that no packet goes with. */
static void write_event(struct tcpp_flow *flow, struct sock *sk, u8 type,
			u8 timer)
{
	struct tcpp_record *record = tcpp_ring_begin();

	if (!record)
		return;
	tcpp_sample_state(record, flow, sk);
	tcpp_sample_no_packet(record, flow, sk);
	record->type = type;
	record->timer = timer;
	if (type == TCPP_DONE)
		record->length = TCPP_LENGTH_LAST;
	commit(record);
}

/* The last record of a flow, and out with it. */
static void finish(struct tcpp_flow *flow, struct sock *sk)
{
	if (!tcpp_flow_remove(flow))
		return; /* the purge was faster */
	tcpp_count(ended);
	if (tcpp_log_begun())
		write_event(flow, sk, TCPP_DONE, TCPP_TIMER_NONE);
	tcpp_debug(1, "flow %llu: done\n", flow->id);
	tcpp_flow_free(flow);
}

void tcpp_on_receive(struct sock *sk, struct sk_buff *skb)
{
	struct tcpp_record *record;
	struct tcpp_flow *flow;

	if (!((1 << sk->sk_state) & RECEIVING) || !wanted(sk))
		return;
	/*
	 * Without the hardware's help the kernel verifies a long segment only
	 * after this place. It does not do so again: the result stays with it.
	 */
	if (tcp_checksum_complete(skb)) {
		tcpp_count(bad_checksum);
		return;
	}
	enter();
	if (!tcpp_log_begun())
		goto out;
	flow = tcpp_flow_find_or_create(sk);
	if (!flow || !sample_due(flow, sk, TCPP_RECV))
		goto out;
	record = tcpp_ring_begin();
	if (!record)
		goto out;
	tcpp_sample_state(record, flow, sk);
	tcpp_sample_received(record, flow, skb);
	flow->last_sample_ns[TCPP_RECV] = record->time_ns;
	commit(record);
out:
	leave();
}

void tcpp_on_transmit(struct sock *sk, const struct sk_buff *skb, u32 rcv_nxt)
{
	struct tcpp_record *record;
	struct tcpp_flow *flow;

	if (!wanted(sk))
		return;
	enter();
	if (!tcpp_log_begun())
		goto out;
	/* A closed socket still sends its RST, but begins nothing new. */
	if (sk->sk_state == TCP_CLOSE)
		flow = tcpp_flow_find(sk);
	else
		flow = tcpp_flow_find_or_create(sk);
	if (!flow)
		goto out;
	if (sample_due(flow, sk, TCPP_SEND)) {
		record = tcpp_ring_begin();
		if (record) {
			tcpp_sample_state(record, flow, sk);
			tcpp_sample_sent(record, flow, sk, skb, rcv_nxt);
			flow->last_sample_ns[TCPP_SEND] = record->time_ns;
			commit(record);
		}
	}
	if (flow->closing && TCP_SKB_CB(skb)->tcp_flags & TCPHDR_RST)
		finish(flow, sk);
out:
	leave();
}

static void on_timer(struct sock *sk, u8 timer)
{
	struct tcpp_flow *flow;

	enter();
	if (!tcpp_log_begun())
		goto out;
	flow = tcpp_flow_find_or_create(sk);
	if (!flow)
		goto out;
	if (timer == TCPP_TIMER_RTO)
		flow->rto_num++;
	write_event(flow, sk, TCPP_TIMEOUT, timer);
out:
	leave();
}

/* The same early returns as tcp_retransmit_timer() has. */
void tcpp_on_retransmit_timer(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u8 timer = TCPP_TIMER_RTO;

	if (!wanted(sk))
		return;
	if (rcu_access_pointer(tp->fastopen_rsk) || !tp->packets_out)
		return;
	if (!tp->snd_wnd && !sock_flag(sk, SOCK_DEAD) &&
	    !((1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV)))
		timer = TCPP_TIMER_RTO_ZERO_WINDOW;
	on_timer(sk, timer);
}

void tcpp_on_probe_timer(struct sock *sk)
{
	if (wanted(sk))
		on_timer(sk, TCPP_TIMER_PROBE);
}

static void on_established(struct sock *sk)
{
	struct tcpp_flow *flow;

	if (!wanted(sk) || !tcpp_log_begun())
		return;
	flow = tcpp_flow_find_or_create(sk);
	if (!flow)
		return;
	if (!flow->remote_known)
		tcpp_flow_learn_remote(flow, sk); /* the SYN-ACK has come */
	write_event(flow, sk, TCPP_SETUP, TCPP_TIMER_NONE);
}

/* Is tcp_close() or tcp_disconnect() about to send a RST? */
static bool reset_follows(const struct sock *sk, int from)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tp->repair)
		return false;
	if ((1 << from) & RESETTING)
		return true;
	if (!((1 << from) & (TCPF_CLOSING | TCPF_LAST_ACK)))
		return false;
	/* the FIN was not sent, or a close with data unread, not SO_LINGER 0 */
	return tp->snd_nxt != tp->write_seq || !sock_flag(sk, SOCK_LINGER);
}

/*
 * A close that does not go through tcp_done(): unread data, SO_LINGER 0 or a
 * disconnect. If a RST follows, that is the last segment, and the last record
 * comes after it.
 */
static void on_closed(struct sock *sk, int from)
{
	struct tcpp_flow *flow = tcpp_flow_find(sk);

	if (!flow)
		return;
	if (reset_follows(sk, from))
		flow->closing = true;
	else
		finish(flow, sk);
}

/* A flow that is still there waited for a RST that could not be sent. */
static void on_connect(struct sock *sk)
{
	struct tcpp_flow *flow = tcpp_flow_find(sk);

	if (flow)
		tcpp_flow_forget(flow);
}

void tcpp_on_state(struct sock *sk, int from, int to)
{
	enter();
	switch (to) {
	case TCP_CLOSE:
		on_closed(sk, from);
		break;
	case TCP_SYN_SENT:
		on_connect(sk);
		break;
	case TCP_ESTABLISHED:
		if (from == TCP_SYN_SENT || from == TCP_SYN_RECV)
			on_established(sk);
		break;
	}
	leave();
}

/* Whatever the settings or the log: a flow must not outlive its socket. */
void tcpp_on_destroy(struct sock *sk)
{
	struct tcpp_flow *flow;

	enter();
	flow = tcpp_flow_find(sk);
	if (flow)
		finish(flow, sk);
	leave();
}

void tcpp_on_done(struct sock *sk)
{
	tcpp_on_destroy(sk);
}

/* From the purge work; the state was copied when the flow left the table. */
void tcpp_on_purged(struct tcpp_record *purged)
{
	struct tcpp_record *record;

	enter();
	record = tcpp_log_begun() ? tcpp_ring_begin() : NULL;
	if (record) {
		purged->time_ns = record->time_ns;
		purged->lost_before = record->lost_before;
		purged->type = TCPP_PURGE;
		purged->length = TCPP_LENGTH_LAST;
		*record = *purged;
		commit(record);
	}
	leave();
}
