// SPDX-License-Identifier: GPL-2.0-only
/*
 * The flow table. Looked up under RCU, from softirq and process context; a
 * bucket's lock is taken with bottom halves off, to insert and to remove.
 * Whoever unhashes a flow under that lock, and nobody else, writes its last
 * record.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "compat.h"
#include "counters.h"
#include "flow.h"
#include "memory.h"
#include "sysctl.h"

#define HASH_MIN 32
#define HASH_MAX_AUTO 16384

struct bucket {
	struct hlist_head flows;
	spinlock_t lock; /* of `flows`; taken _bh */
};

static struct bucket *buckets;
static unsigned int hash_bits;
static struct kmem_cache *cache;
static atomic_t count;
static atomic64_t last_id;

static struct bucket *bucket_of(const struct sock *sk)
{
	return &buckets[hash_ptr(sk, hash_bits)];
}

unsigned int tcpp_flow_count(void)
{
	return atomic_read(&count);
}

size_t tcpp_flow_bytes(void)
{
	return kmem_cache_size(cache);
}

size_t tcpp_flow_bucket_bytes(void)
{
	return sizeof(struct bucket);
}

/* The flow of this socket or NULL. Under RCU. */
struct tcpp_flow *tcpp_flow_find(const struct sock *sk)
{
	struct tcpp_flow *flow;

	hlist_for_each_entry_rcu(flow, &bucket_of(sk)->flows, node) {
		if (flow->sk == sk)
			return flow;
	}
	return NULL;
}

static void fill_addresses(struct tcpp_flow *flow, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	flow->local_port = inet->inet_sport;
	flow->remote_port = inet->inet_dport;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 &&
	    !ipv6_addr_v4mapped(&sk->sk_v6_daddr)) {
		flow->family = AF_INET6;
		flow->local = sk->sk_v6_rcv_saddr;
		flow->remote = sk->sk_v6_daddr;
		return;
	}
#endif
	/* also a v4-mapped socket: its packets are IPv4 packets */
	flow->family = AF_INET;
	flow->local.s6_addr32[0] = inet->inet_saddr;
	flow->remote.s6_addr32[0] = inet->inet_daddr;
}

/*
 * The peer's first number, as long as it has sent no FIN: what came with the
 * SYN or before our SYN was acknowledged (fast open) is counted too.
 */
void tcpp_flow_learn_remote(struct tcpp_flow *flow, const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	flow->remote_base = tp->rcv_nxt - (u32)tp->bytes_received - 1;
	flow->remote_known = true;
}

/* A simultaneous open: the SYN was sent by this socket, not by a listener. */
static bool own_syn_unacked(const struct sock *sk)
{
	const struct sk_buff *first = tcp_rtx_queue_head(sk);

	return first && TCP_SKB_CB(first)->tcp_flags & TCPHDR_SYN;
}

/*
 * The number from which sequence numbers are counted: the SYN's where the
 * handshake is seen, as tcpdump does; otherwise the first one seen.
 */
static void fill_bases(struct tcpp_flow *flow, const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	switch (sk->sk_state) {
	case TCP_SYN_SENT:
		/* the SYN-ACK may just have acknowledged the SYN */
		flow->local_base = tp->snd_una - (u32)tp->bytes_acked;
		break;
	case TCP_SYN_RECV:
		flow->local_base = tp->snd_una - !own_syn_unacked(sk);
		tcpp_flow_learn_remote(flow, sk);
		break;
	default:
		flow->local_base = tp->snd_una;
		flow->remote_base = tp->rcv_nxt;
		flow->remote_known = true;
		break;
	}
}

/* Not inline: packets of a flow that is there need not save its registers. */
static noinline struct tcpp_flow *create(struct sock *sk)
{
	struct bucket *bucket = bucket_of(sk);
	struct tcpp_flow *flow;

	if (atomic_inc_return(&count) > READ_ONCE(tcpp_conf.maxflows)) {
		tcpp_count(flow_limit);
		goto refuse;
	}
	flow = kmem_cache_zalloc(cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!flow) {
		tcpp_count(flow_memory);
		goto refuse;
	}
	flow->sk = sk;
	flow->id = atomic64_inc_return(&last_id);
	flow->netns = sock_net(sk)->ns.inum;
	flow->last_seen = jiffies;
	fill_addresses(flow, sk);
	fill_bases(flow, sk);

	/* No second flow for this socket: its lock is held by our caller. */
	spin_lock_bh(&bucket->lock);
	hlist_add_head_rcu(&flow->node, &bucket->flows);
	spin_unlock_bh(&bucket->lock);
	tcpp_count(created);
	tcpp_debug(1, "flow %llu: new, %u now\n", flow->id, tcpp_flow_count());
	return flow;

refuse:
	atomic_dec(&count);
	return NULL;
}

/*
 * The flow of this socket, made if there is none; NULL if it is refused.
 * Under RCU, bottom halves off, socket locked.
 */
struct tcpp_flow *tcpp_flow_find_or_create(struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	struct tcpp_flow *flow = tcpp_flow_find(sk);
	unsigned long now = jiffies;

	tcpp_count(searched);
	if (likely(flow)) {
		if (likely(flow->local_port == inet->inet_sport &&
			   flow->remote_port == inet->inet_dport)) {
			tcpp_count(found);
			if (READ_ONCE(flow->last_seen) != now)
				WRITE_ONCE(flow->last_seen, now);
			/* a simultaneous open has no SYN-ACK to come */
			if (unlikely(!flow->remote_known) &&
			    sk->sk_state != TCP_SYN_SENT)
				tcpp_flow_learn_remote(flow, sk);
			return flow;
		}
		/* connected anew without an end that we saw */
		tcpp_flow_forget(flow);
	}
	return create(sk);
}

/* Takes a flow out of the table; false if somebody else already has. */
bool tcpp_flow_remove(struct tcpp_flow *flow)
{
	struct bucket *bucket = bucket_of(flow->sk);
	bool mine;

	spin_lock_bh(&bucket->lock);
	mine = !hlist_unhashed(&flow->node);
	if (mine) {
		hlist_del_init_rcu(&flow->node);
		atomic_dec(&count);
	}
	spin_unlock_bh(&bucket->lock);
	return mine;
}

static void free_now(struct rcu_head *rcu)
{
	kmem_cache_free(cache, container_of(rcu, struct tcpp_flow, rcu));
}

/* Frees a flow that tcpp_flow_remove() gave us, once nobody reads it. */
void tcpp_flow_free(struct tcpp_flow *flow)
{
	call_rcu(&flow->rcu, free_now);
}

/* Ends a flow without a last record: its socket has another connection. */
void tcpp_flow_forget(struct tcpp_flow *flow)
{
	if (!tcpp_flow_remove(flow))
		return;
	tcpp_count(ended);
	tcpp_flow_free(flow);
}

/*
 * Takes out of a bucket, under its lock, the flows that @take wants; they are
 * its own then.
 */
void tcpp_flow_take(unsigned int bucket_number,
		    bool (*take)(struct tcpp_flow *flow, void *data),
		    void *data)
{
	struct bucket *bucket = &buckets[bucket_number];
	struct tcpp_flow *flow;
	struct hlist_node *next;

	if (hlist_empty(&bucket->flows))
		return;
	spin_lock_bh(&bucket->lock);
	hlist_for_each_entry_safe(flow, next, &bucket->flows, node) {
		if (!take(flow, data))
			continue;
		/*
		 * What @take read of the socket, before the hook on its
		 * destruction can miss the flow.
		 */
		smp_mb();
		hlist_del_init_rcu(&flow->node);
		atomic_dec(&count);
	}
	spin_unlock_bh(&bucket->lock);
}

/* A log begins: the table is empty, identifiers start anew. */
void tcpp_flow_start(void)
{
	atomic64_set(&last_id, 0);
}

static bool forget(struct tcpp_flow *flow, void *data)
{
	tcpp_flow_free(flow);
	return true;
}

/* A log has ended, and no hook will add a flow: forget them all. */
void tcpp_flow_stop(void)
{
	unsigned int i;

	for (i = 0; i < tcpp_conf.hashsize; i++) {
		tcpp_flow_take(i, forget, NULL);
		cond_resched();
	}
}

/* From the memory, as the connection tracker of netfilter does. */
static unsigned int automatic_hashsize(void)
{
	unsigned long bytes = totalram_pages() << PAGE_SHIFT;

	if (bytes > (1UL << 30))
		return HASH_MAX_AUTO;
	return bytes / 16384 / sizeof(void *);
}

int tcpp_flow_init(void)
{
	unsigned int size = tcpp_conf.hashsize ?: automatic_hashsize();
	unsigned int i;

	size = roundup_pow_of_two(max_t(unsigned int, size, HASH_MIN));
	hash_bits = ilog2(size);
	if (!tcpp_memory_allows(size * sizeof(*buckets)))
		return -ENOMEM;
	buckets = kvmalloc_array(size, sizeof(*buckets),
				 GFP_KERNEL | __GFP_NOWARN);
	if (!buckets)
		return -ENOMEM;
	for (i = 0; i < size; i++) {
		INIT_HLIST_HEAD(&buckets[i].flows);
		spin_lock_init(&buckets[i].lock);
	}
	cache = kmem_cache_create("tcpprobe_flow", sizeof(struct tcpp_flow), 0,
				  0, NULL);
	if (!cache) {
		kvfree(buckets);
		return -ENOMEM;
	}
	tcpp_conf.hashsize = size;
	return 0;
}

/* After the hooks are gone. */
void tcpp_flow_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(cache);
	kvfree(buckets);
}
