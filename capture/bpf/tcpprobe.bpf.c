// SPDX-License-Identifier: GPL-2.0-only
/*
 * The records of the kernel module without a module: BPF programs at the same
 * places, which read the socket into a ring of their CPU. They observe and
 * change nothing.
 *
 * Where functions can be hooked (fentry), these are the module's hooks. Where
 * they cannot, BTF tracepoints (tp_btf) tell of received segments,
 * retransmissions, states and resets. Which programs are loaded is decided by
 * the loader.
 *
 * A function's program runs with the socket locked, in softirq or process
 * context. The kernel skips a program that interrupts its own run on a CPU and
 * counts that; the loader reads the count.
 */
#include "kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "record.h"
#include "filter.h"
#include "state.h"

char LICENSE[] SEC("license") = "GPL";

#define MAX_CPUS 1024

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* The loader puts a ring of the wanted size in for each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, MAX_CPUS);
	__type(key, u32);
	__array(values, struct ring);
} rings SEC(".maps");

/* A CPU's counters, in a cache line of their own; the loader maps them. */
struct counters {
	u64 refused;
	u64 done_sk; /* the socket that tcp_done() is working on */
	u64 accepted_sk; /* the socket that accept() has told of last */
	u64 received[2]; /* what tp_receive() saw last, in softirq and in process context */
	u64 made_up; /* runs of it that the kernel skipped and tp_receive_inside() did */
	u64 pad[2];
};

struct counters counters[MAX_CPUS];

static __always_inline struct counters *counters_of(u32 cpu)
{
	return &counters[cpu & (MAX_CPUS - 1)];
}

/* Sockets that were closed and whose RST is still to be sent. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u8);
} closing SEC(".maps");

#define RECEIVING                                                          \
	(1 << TCP_ESTABLISHED | 1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 | \
	 1 << TCP_CLOSE_WAIT | 1 << TCP_LAST_ACK | 1 << TCP_CLOSING)

#define RESETTING                                                           \
	(1 << TCP_ESTABLISHED | 1 << TCP_CLOSE_WAIT | 1 << TCP_FIN_WAIT1 | \
	 1 << TCP_FIN_WAIT2 | 1 << TCP_SYN_RECV)

/* What a record is of: type, timer, and of a change the old and the new state, as they follow each other in it. */
#define kind_of(type, timer, states) ((u32)(type) | (u32)(timer) << 8 | (u32)(states) << 16)

/* A place in this CPU's ring with kind, time and the loss before it; NULL, counted, where there is none. */
static __always_inline struct tcpp_record *begin(u32 kind)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct counters *counts = counters_of(cpu);
	u32 refused = counts->refused;
	struct tcpp_record *r;
	void *ring;

	ring = bpf_map_lookup_elem(&rings, &cpu);
	r = ring ? bpf_ringbuf_reserve(ring, sizeof(*r), 0) : NULL;
	if (!r) {
		__sync_fetch_and_add(&counts->refused, 1);
		return NULL;
	}
	r->time_ns = bpf_ktime_get_ns();
	r->cpu = cpu;
	*(u32 *)&r->type = kind;
	r->refused = refused;
	return r;
}

/* The reader looks by itself, so that nobody is woken from the packet path. */
static __always_inline void commit(struct tcpp_record *r)
{
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

/* A record that no segment goes with; `states`: the old one in the low byte, the new one above it. */
static __noinline int write_change(const struct tcp_sock *tp, u8 type, u8 timer, u32 states)
{
	struct tcpp_record *r = begin(kind_of(type, timer, type == TCPP_CA_STATE ? 0 : states));

	if (!r)
		return 0;
	read_state(r, tp);
	no_segment(r);
	if (type == TCPP_DONE)
		r->length = TCPP_LENGTH_LAST;
	if (type == TCPP_CA_STATE)
		r->ca_state = states >> 8;
	commit(r);
	return 0;
}

static __always_inline int write_event(const struct tcp_sock *tp, u8 type, u8 timer)
{
	return write_change(tp, type, timer, 0);
}

#define cb_of(skb) ((const struct tcp_skb_cb *)(skb)->cb)

/*
 * The control block knows what a segment holds, also where the backlog has
 * merged neighbours.
 */
static __always_inline void read_received(struct tcpp_record *r, const struct sk_buff *skb)
{
	const struct tcp_skb_cb *cb = hidden(cb_of(skb));
	u8 flags = cb->tcp_flags;
	u64 both = *(const u64 *)cb; /* seq and end_seq, first in every kernel */
	u32 seq = both, end_seq = both >> 32;
	u32 length = end_seq - seq;

	r->tcp_flags = flags;
	r->seq = seq;
	r->ack = flags & FLAG_ACK ? cb->ack_seq : 0;
	if (flags & (FLAG_SYN | FLAG_FIN))
		length -= !!(flags & FLAG_SYN) + !!(flags & FLAG_FIN);
	r->length = length;
}

/* The flags that __tcp_transmit_skb() is about to write into the header. */
static __always_inline u8 flags_to_send(const struct tcp_sock *tp, const struct tcp_skb_cb *cb,
					u32 length, u32 snd_nxt)
{
	u8 flags = cb->tcp_flags;
	u8 ecn = tp->ecn_flags;

	if (flags & FLAG_SYN)
		return flags;
	if (cb->tcp_gso_segs > 1)
		flags |= FLAG_PSH;
	if ((ecn & (ECN_RFC3168 | ECN_ACCECN)) == ECN_RFC3168) {
		if (ecn & ECN_DEMAND_CWR)
			flags |= FLAG_ECE;
		if (ecn & ECN_QUEUE_CWR && length && (__s32)(cb->seq - snd_nxt) >= 0)
			flags |= FLAG_CWR;
	}
	return flags;
}

static __always_inline void read_sent(struct tcpp_record *r, const struct tcp_sock *tp,
				      const struct sk_buff *skb, u32 rcv_nxt)
{
	const struct tcp_skb_cb *cb = cb_of(skb);
	u32 length = skb->len;

	r->length = length;
	r->seq = cb->seq;
	r->tcp_flags = flags_to_send(tp, cb, length, r->snd_nxt);
	r->ack = r->tcp_flags & FLAG_ACK ? rcv_nxt : 0;
}

static __noinline int receive(const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp;
	struct tcpp_record *r;

	if (!((1 << sk->__sk_common.skc_state) & RECEIVING))
		return 0;
	tp = wanted_by_all(sk, true);
	if (!tp)
		return 0;
	r = begin(kind_of(TCPP_RECV, TCPP_TIMER_NONE, 0));
	if (!r)
		return 0;
	read_state(r, tp);
	read_received(r, skb);
	commit(r);
	return 0;
}

static __always_inline void on_receive(const struct sock *sk, const struct sk_buff *skb)
{
	if (!ports_rejected(sk))
		receive(sk, skb);
}

SEC("fentry/tcp_v4_do_rcv")
int BPF_PROG(on_v4_receive, struct sock *sk, struct sk_buff *skb)
{
	on_receive(sk, skb);
	return 0;
}

/* It passes IPv4 on to tcp_v4_do_rcv(). */
SEC("fentry/tcp_v6_do_rcv")
int BPF_PROG(on_v6_receive, struct sock *sk, struct sk_buff *skb)
{
	if (skb->protocol != __builtin_bswap16(0x0800))
		on_receive(sk, skb);
	return 0;
}

static __noinline int send(const struct sock *sk, const struct sk_buff *skb, u32 rcv_nxt)
{
	const struct tcp_sock *tp = wanted_by_all(sk, true);
	u64 key = (u64)sk;
	struct tcpp_record *r;
	bool closed;

	if (!tp)
		return 0;
	closed = sk->__sk_common.skc_state == TCP_CLOSE;
	/* A closed socket still sends its RST, but begins nothing new. */
	if (closed && !bpf_map_lookup_elem(&closing, &key))
		return 0;
	r = begin(kind_of(TCPP_SEND, TCPP_TIMER_NONE, 0));
	if (r) {
		read_state(r, tp);
		read_sent(r, tp, skb, rcv_nxt);
		commit(r);
	}
	if (closed && cb_of(skb)->tcp_flags & FLAG_RST) {
		bpf_map_delete_elem(&closing, &key);
		write_event(tp, TCPP_DONE, TCPP_TIMER_NONE);
	}
	return 0;
}

SEC("fentry/__tcp_transmit_skb")
int BPF_PROG(on_transmit, struct sock *sk, struct sk_buff *skb, int clone_it, int gfp_mask,
	     u32 rcv_nxt)
{
	if (!ports_rejected(sk))
		send(sk, skb, rcv_nxt);
	return 0;
}

/* The same early returns as the function has. */
SEC("fentry/tcp_retransmit_timer")
int BPF_PROG(on_retransmit_timer, struct sock *sk)
{
	const struct tcp_sock *tp = wanted(sk);
	u8 timer = TCPP_TIMER_RTO;
	u8 state;

	if (!tp || tp->fastopen_rsk || !tp->packets_out)
		return 0;
	state = sk->__sk_common.skc_state;
	if (!tp->snd_wnd && !(sk->__sk_common.skc_flags & (1 << SOCK_DEAD)) && state != TCP_SYN_SENT &&
	    state != TCP_SYN_RECV)
		timer = TCPP_TIMER_RTO_ZERO_WINDOW;
	write_event(tp, TCPP_TIMEOUT, timer);
	return 0;
}

SEC("fentry/tcp_send_probe0")
int BPF_PROG(on_probe_timer, struct sock *sk)
{
	const struct tcp_sock *tp = wanted(sk);

	if (tp)
		write_event(tp, TCPP_TIMEOUT, TCPP_TIMER_PROBE);
	return 0;
}

/*
 * The end that tcp_done() makes. It sets the state next, which the tracepoint
 * below tells of on this CPU: the note keeps it from telling a second end.
 */
SEC("fentry/tcp_done")
int BPF_PROG(on_done, struct sock *sk)
{
	const struct tcp_sock *tp = wanted(sk);
	struct counters *counts = counters_of(bpf_get_smp_processor_id());

	if (!tp || sk->__sk_common.skc_state == TCP_CLOSE)
		return 0;
	counts->done_sk = (u64)sk;
	write_event(tp, TCPP_DONE, TCPP_TIMER_NONE);
	return 0;
}

/* Who opened or accepted a connection: runs as that process. */
static __noinline int write_process(const struct tcp_sock *tp)
{
	struct tcpp_record *r = begin(kind_of(TCPP_PROCESS, TCPP_TIMER_NONE, 0));

	if (!r)
		return 0;
	read_state(r, tp);
	no_segment(r);
	r->cong = TCPP_CONG_NONE;
	r->process.cgroup = bpf_get_current_cgroup_id();
	r->process.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(r->process.comm, sizeof(r->process.comm));
	commit(r);
	return 0;
}

static __always_inline void tell_accepted(const struct sock *sk)
{
	const struct tcp_sock *tp;

	take(sk);
	tp = wanted(sk);
	if (tp)
		write_process(tp);
}

static __always_inline int accepted(const struct sock *sk)
{
	if (!sk)
		return 0;
	counters_of(bpf_get_smp_processor_id())->accepted_sk = (u64)sk;
	tell_accepted(sk);
	return 0;
}

/* What it returns comes behind its arguments, of which there are two since 6.10. */
SEC("fexit/inet_csk_accept")
int BPF_PROG(on_accept, struct sock *sk, void *arg, struct sock *child)
{
	return accepted(child);
}

SEC("fexit/inet_csk_accept")
int BPF_PROG(on_accept_4, struct sock *sk, int flags, int *err, bool kern, struct sock *child)
{
	return accepted(child);
}

/*
 * The same a moment later, if accept() has not told it: its hook sees nobody
 * who had waited in it since before the capture.
 */
SEC("fentry/security_sock_graft")
int BPF_PROG(on_graft, struct sock *sk)
{
	struct counters *counts = counters_of(bpf_get_smp_processor_id());

	if (counts->accepted_sk != (u64)sk)
		tell_accepted(sk);
	counts->accepted_sk = 0;
	return 0;
}

/* Is tcp_close() or tcp_disconnect() about to send a RST? */
static __always_inline bool reset_follows(const struct sock *sk, const struct tcp_sock *tp, int from)
{
	if (BPF_CORE_READ_BITFIELD(tp, repair))
		return false;
	if ((1 << from) & RESETTING)
		return true;
	if (from != TCP_CLOSING && from != TCP_LAST_ACK)
		return false;
	/* the FIN was not sent, or a close with data unread, not SO_LINGER 0 */
	return tp->snd_nxt != tp->write_seq || !(sk->__sk_common.skc_flags & (1 << SOCK_LINGER));
}

/*
 * A close that does not go through tcp_done(): unread data, SO_LINGER 0 or a
 * disconnect. If a RST follows, that is the last segment, and the last record
 * comes after it.
 */
static __always_inline void on_closed(const struct sock *sk, const struct tcp_sock *tp, int from)
{
	struct counters *counts = counters_of(bpf_get_smp_processor_id());
	u64 key = (u64)sk;
	u8 yes = 1;

	if (counts->done_sk == key) {
		counts->done_sk = 0;
		return;
	}
	if (reset_follows(sk, tp, from))
		bpf_map_update_elem(&closing, &key, &yes, BPF_ANY);
	else
		write_event(tp, TCPP_DONE, TCPP_TIMER_NONE);
}

/* States beside the hooks on functions. */
SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int from, int to)
{
	const struct tcp_sock *tp;

	if (to != TCP_ESTABLISHED && to != TCP_CLOSE && to != TCP_SYN_SENT)
		return 0;
	if (to == TCP_SYN_SENT)
		take(sk);
	tp = wanted(sk);
	if (!tp)
		return 0;
	if (to == TCP_CLOSE) {
		if (from != TCP_LISTEN && from != TCP_CLOSE)
			on_closed(sk, tp, from);
	} else if (to == TCP_SYN_SENT) {
		u64 key = (u64)sk;

		/* still there if its RST could not be sent */
		bpf_map_delete_elem(&closing, &key);
		write_process(tp);
	} else if (from == TCP_SYN_SENT || from == TCP_SYN_RECV) {
		write_event(tp, TCPP_SETUP, TCPP_TIMER_NONE);
	}
	return 0;
}

/* What was closed and sent no RST after all. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy, struct sock *sk)
{
	u64 key = (u64)sk;
	const struct tcp_sock *tp;

	if (!bpf_map_delete_elem(&closing, &key)) {
		tp = wanted(sk);
		if (tp)
			write_event(tp, TCPP_DONE, TCPP_TIMER_NONE);
	}
	if (settings.pid)
		bpf_map_delete_elem(&owned, &key);
	return 0;
}

/* Only for the connections of a process: those that are there already, or come from another one. */

SEC("fentry/tcp_sendmsg")
int BPF_PROG(own_send, struct sock *sk)
{
	take(sk);
	return 0;
}

SEC("fentry/tcp_recvmsg")
int BPF_PROG(own_receive, struct sock *sk)
{
	take(sk);
	return 0;
}

/* From here on: where functions cannot be hooked. */

/* A process that works off a socket's backlog owns it; a softirq never does. */
static __always_inline u64 *received_here(const struct sock *sk)
{
	return &counters_of(bpf_get_smp_processor_id())->received[sk->sk_lock.owned ? 1 : 0];
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(tp_receive, struct sock *sk, struct sk_buff *skb)
{
	*received_here(sk) = (u64)skb;
	on_receive(sk, skb);
	return 0;
}

/*
 * Runs behind the program above, which the kernel skips for a segment whose
 * softirq has interrupted it on its CPU. Such a segment has left no mark. A
 * softirq is not interrupted by another, nor is a tracepoint preempted, so a
 * mark for each of the two contexts is enough.
 */
SEC("tp_btf/tcp_probe")
int BPF_PROG(tp_receive_inside, struct sock *sk, struct sk_buff *skb)
{
	u64 *received = received_here(sk);

	if (*received == (u64)skb) {
		*received = 0;
	} else {
		on_receive(sk, skb);
		counters_of(bpf_get_smp_processor_id())->made_up++;
	}
	return 0;
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(tp_retransmit, struct sock *sk, struct sk_buff *skb)
{
	const struct tcp_sock *tp;
	struct tcpp_record *r;

	if (!sk || !skb)
		return 0;
	tp = wanted(sk);
	if (!tp)
		return 0;
	r = begin(kind_of(TCPP_RETRANSMIT, TCPP_TIMER_NONE, 0));
	if (!r)
		return 0;
	read_state(r, tp);
	read_sent(r, tp, skb, r->rcv_nxt);
	commit(r);
	return 0;
}

SEC("tp_btf/tcp_cong_state_set")
int BPF_PROG(tp_cong_state, struct sock *sk, u8 ca_state)
{
	const struct tcp_sock *tp = wanted(sk);

	if (tp)
		write_change(tp, TCPP_CA_STATE, TCPP_TIMER_NONE, ca_state << 8);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(tp_state, const struct sock *sk, int from, int to)
{
	const struct tcp_sock *tp;
	u8 type = TCPP_STATE;

	if (to == TCP_SYN_SENT)
		take(sk);
	tp = wanted(sk);
	if (!tp)
		return 0;
	if (from == to || from == TCP_LISTEN || to == TCP_LISTEN)
		return 0;
	/* Sequence numbers are chosen after these two. */
	if (to == TCP_SYN_SENT) {
		write_process(tp);
		return 0;
	}
	if (to == TCP_SYN_RECV)
		return 0;
	if (to == TCP_ESTABLISHED && (from == TCP_SYN_SENT || from == TCP_SYN_RECV))
		type = TCPP_SETUP;
	else if (to == TCP_CLOSE)
		type = TCPP_DONE;
	return write_change(tp, type, TCPP_TIMER_NONE, (from & 0xff) | (to & 0xff) << 8);
}

static __always_inline int write_reset(const struct sock *sk, u8 type)
{
	const struct tcp_sock *tp;

	if (!sk)
		return 0;
	tp = wanted(sk);
	if (tp)
		write_event(tp, type, TCPP_TIMER_NONE);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int BPF_PROG(tp_reset_sent, struct sock *sk)
{
	return write_reset(sk, TCPP_RESET_SENT);
}

SEC("tp_btf/tcp_receive_reset")
int BPF_PROG(tp_reset_received, struct sock *sk)
{
	return write_reset(sk, TCPP_RESET_RECEIVED);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(tp_own_send, struct sock *sk)
{
	if (sk && sk->sk_protocol == IPPROTO_TCP)
		take(sk);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(tp_own_receive, struct sock *sk)
{
	if (sk && sk->sk_protocol == IPPROTO_TCP)
		take(sk);
	return 0;
}

/* The next socket at this address is another one. */
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(tp_own_destroy, struct sock *sk)
{
	u64 key = (u64)sk;

	bpf_map_delete_elem(&owned, &key);
	return 0;
}
