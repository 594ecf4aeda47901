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

char LICENSE[] SEC("license") = "GPL";

#define MAX_CPUS 1024
#define MAX_PORT_RANGES 16
#define MAX_HOSTS 16
#define MAX_CGROUP_DEPTH 32

/*
 * Set before the object is loaded, so that what is not asked for costs nothing.
 * A connection has to pass all of it; 0: that does not matter.
 */
struct settings {
	u32 extended;
	u32 netns;
	u32 port_ranges;
	u32 v4_hosts;
	u32 v6_hosts;
	u32 sample; /* one in so many */
	u32 pid;
	/* of port_ranges 1 and a range of 1, the port in both orders; 0: look there */
	u16 port;
	__be16 port_be;
	u32 narrowed; /* 1: by more than ports */
	u32 unused;
	u64 cgroup;
	struct {
		u16 first;
		u16 last;
	} ports[MAX_PORT_RANGES];
	struct {
		u32 address;
		u32 mask;
	} v4[MAX_HOSTS];
	struct {
		u64 address[2];
		u64 mask[2];
	} v6[MAX_HOSTS];
};

const volatile struct settings settings;

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
	u64 pad[6];
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

/* Sockets of the process that is asked for. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u8);
} owned SEC(".maps");

#define RECEIVING                                                          \
	(1 << TCP_ESTABLISHED | 1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 | \
	 1 << TCP_CLOSE_WAIT | 1 << TCP_LAST_ACK | 1 << TCP_CLOSING)

#define RESETTING                                                           \
	(1 << TCP_ESTABLISHED | 1 << TCP_CLOSE_WAIT | 1 << TCP_FIN_WAIT1 | \
	 1 << TCP_FIN_WAIT2 | 1 << TCP_SYN_RECV)

static __always_inline bool port_within(u32 i, u16 local, u16 remote)
{
	u16 first = settings.ports[i].first;
	u16 size = settings.ports[i].last - first;

	return (u16)(local - first) <= size || (u16)(remote - first) <= size;
}

static __always_inline bool port_wanted(u16 local, u16 remote)
{
	u32 i;

	if (port_within(0, local, remote))
		return true;
	for (i = 1; i < MAX_PORT_RANGES && i < settings.port_ranges; i++) {
		if (port_within(i, local, remote))
			return true;
	}
	return false;
}

#define is_mapped(high, low) (!(high) && (u32)(low) == 0xffff0000)

static __always_inline bool v4_within(u32 local, u32 remote)
{
	u32 i;

	for (i = 0; i < MAX_HOSTS && i < settings.v4_hosts; i++) {
		u32 address = settings.v4[i].address, mask = settings.v4[i].mask;

		if (!((remote ^ address) & mask) || !((local ^ address) & mask))
			return true;
	}
	return false;
}

static __always_inline bool v6_within(const u64 *local, const u64 *remote)
{
	u64 r0 = remote[0], r1 = remote[1], l0 = local[0], l1 = local[1];
	u32 i;

	for (i = 0; i < MAX_HOSTS && i < settings.v6_hosts; i++) {
		u64 a0 = settings.v6[i].address[0], a1 = settings.v6[i].address[1];
		u64 m0 = settings.v6[i].mask[0], m1 = settings.v6[i].mask[1];

		if (!(((r0 ^ a0) & m0) | ((r1 ^ a1) & m1)) || !(((l0 ^ a0) & m0) | ((l1 ^ a1) & m1)))
			return true;
	}
	return false;
}

/* Is the host at either end asked for? */
static __always_inline bool host_wanted(const struct sock_common *common)
{
	u64 pair;

	if (common->skc_family == AF_INET6) {
		const u64 *remote = (const u64 *)&common->skc_v6_daddr;

		if (!is_mapped(remote[0], remote[1]))
			return v6_within((const u64 *)&common->skc_v6_rcv_saddr, remote);
	}
	pair = common->skc_addrpair;
	return v4_within(pair >> 32, pair);
}

/*
 * The same answer at both ends of a connection and on every host: a hash
 * (MurmurHash3's finalizer) of both addresses and both ports, each XORed.
 */
static __always_inline bool sampled(const struct sock_common *common, u16 local_port, u16 remote_port)
{
	u64 hash = (u32)common->skc_addrpair ^ common->skc_addrpair >> 32;

	if (common->skc_family == AF_INET6) {
		const u64 *remote = (const u64 *)&common->skc_v6_daddr;
		const u64 *local = (const u64 *)&common->skc_v6_rcv_saddr;
		u64 high = remote[0], low = remote[1];

		if (!is_mapped(high, low))
			hash = high ^ low ^ local[0] ^ local[1];
	}
	hash ^= (u64)(local_port ^ remote_port) << 32;
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdULL;
	hash ^= hash >> 33;
	hash *= 0xc4ceb9fe1a85ec53ULL;
	hash ^= hash >> 33;
	return !((hash >> 32) * settings.sample >> 32);
}

/* Was it made in this cgroup, or one below it? */
static __always_inline bool cgroup_wanted(const struct sock *sk)
{
	const struct cgroup *cgroup;
	u32 i;

	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup)) {
		cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	} else if (bpf_core_field_exists(((struct sock___cgroup_val *)sk)->sk_cgrp_data.val)) {
		/* before 5.15; the lowest bit says that it is something else */
		u64 val = BPF_CORE_READ((struct sock___cgroup_val *)sk, sk_cgrp_data.val);

		cgroup = val & 1 ? NULL : (const struct cgroup *)val;
	} else {
		return false;
	}
	for (i = 0; i < MAX_CGROUP_DEPTH && cgroup; i++) {
		if (BPF_CORE_READ(cgroup, kn, id) == settings.cgroup)
			return true;
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);
	}
	return false;
}

/* What a process opens, accepts, sends or reads on is its own from then on. */
static __always_inline void take(const struct sock *sk)
{
	u64 key = (u64)sk;
	u8 yes = 1;

	if (settings.pid && bpf_get_current_pid_tgid() >> 32 == settings.pid)
		bpf_map_update_elem(&owned, &key, &yes, BPF_ANY);
}

/*
 * The first look at a segment, where ports are asked for: what is rejected here
 * has cost little, as the rest stands in a function of its own, for which no
 * register has to be saved.
 */
static __always_inline bool ports_rejected(const struct sock *sk)
{
	u16 local, only;
	u32 ports;

	if (!settings.port_ranges)
		return false;
	ports = sk->__sk_common.skc_portpair;
	local = ports >> 16;
	/* known to itself only, and looked at later */
	if (!local)
		return false;
	only = settings.port;
	if (only)
		return local != only && (u16)ports != settings.port_be;
	return !port_wanted(local, __builtin_bswap16(ports));
}

/* By all that is not about ports alone */
static __always_inline bool narrowed_to(const struct sock *sk, u16 local, u16 remote)
{
	/* one that has no port yet cannot be told from the others */
	if (settings.sample && local && !sampled(&sk->__sk_common, local, remote))
		return false;
	if (settings.netns && sk->__sk_common.skc_net.net->ns.inum != settings.netns)
		return false;
	if ((settings.v4_hosts || settings.v6_hosts) && !host_wanted(&sk->__sk_common))
		return false;
	if (settings.pid) {
		u64 key = (u64)sk;

		if (!bpf_map_lookup_elem(&owned, &key))
			return false;
	}
	return !settings.cgroup || cgroup_wanted(sk);
}

/* Is this a connection that the settings ask for? Its TCP socket, or NULL. */
static __always_inline const struct tcp_sock *wanted(const struct sock *sk)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)bpf_skc_to_tcp_sock((void *)sk);

	if (tp && (settings.port_ranges || settings.narrowed)) {
		u32 ports = sk->__sk_common.skc_portpair;
		u16 local = ports >> 16;
		u16 remote = __builtin_bswap16(ports);

		/* A socket that closes has given its port back, and knows it still. */
		if (!local)
			local = __builtin_bswap16(tp->inet_conn.icsk_inet.inet_sport);
		if (settings.port_ranges && !port_wanted(local, remote))
			return NULL;
		if (settings.narrowed && !narrowed_to(sk, local, remote))
			return NULL;
	}
	return tp;
}

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

/* A place in this CPU's ring with type, time and the loss before it; NULL, counted, where there is none. */
static __always_inline struct tcpp_record *begin(u8 type)
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
	r->type = type;
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
	struct tcpp_record *r = begin(type);

	if (!r)
		return 0;
	read_state(r, tp);
	no_segment(r);
	r->timer = timer;
	if (type == TCPP_DONE)
		r->length = TCPP_LENGTH_LAST;
	if (type == TCPP_CA_STATE) {
		r->ca_state = states >> 8;
	} else {
		r->old_state = states;
		r->new_state = states >> 8;
	}
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
	const struct tcp_skb_cb *cb = cb_of(skb);
	u8 flags = cb->tcp_flags;
	u64 both = read_both(&cb->seq); /* end_seq follows in every kernel */
	u32 seq = both, end_seq = both >> 32;

	r->tcp_flags = flags;
	r->seq = seq;
	r->ack = flags & FLAG_ACK ? cb->ack_seq : 0;
	r->length = end_seq - seq - !!(flags & FLAG_SYN) - !!(flags & FLAG_FIN);
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
	tp = wanted(sk);
	if (!tp)
		return 0;
	r = begin(TCPP_RECV);
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
	const struct tcp_sock *tp = wanted(sk);
	u64 key = (u64)sk;
	struct tcpp_record *r;
	bool closed;

	if (!tp)
		return 0;
	closed = sk->__sk_common.skc_state == TCP_CLOSE;
	/* A closed socket still sends its RST, but begins nothing new. */
	if (closed && !bpf_map_lookup_elem(&closing, &key))
		return 0;
	r = begin(TCPP_SEND);
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
	struct tcpp_record *r = begin(TCPP_PROCESS);

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

static __always_inline int accepted(const struct sock *sk)
{
	const struct tcp_sock *tp;

	if (!sk)
		return 0;
	take(sk);
	tp = wanted(sk);
	if (tp)
		write_process(tp);
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

SEC("tp_btf/tcp_probe")
int BPF_PROG(tp_receive, struct sock *sk, struct sk_buff *skb)
{
	on_receive(sk, skb);
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
	r = begin(TCPP_RETRANSMIT);
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
