/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_FLOW_H
#define TCPP_FLOW_H

#include <linux/in6.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

struct sock;

/*
 * One connection that is being followed, known by its socket: so two network
 * namespaces with the same addresses and ports are two flows.
 *
 * Lifetime: found under RCU, freed a grace period after it left the table. The
 * socket itself outlives the flow's stay in the table, since the hook on its
 * destruction takes the flow out; nothing holds a reference.
 * Fields: the first group never changes. The second is touched only from
 * hooks, which run with the socket locked.
 */
struct tcpp_flow {
	struct hlist_node node; /* under the bucket's lock; read under RCU */
	struct rcu_head rcu;
	struct sock *sk;
	u64 id;
	u32 netns;
	u8 family;
	__be16 local_port;
	__be16 remote_port;
	struct in6_addr local;
	struct in6_addr remote;

	u32 local_base; /* sequence number printed as 0 */
	u32 remote_base;
	bool remote_known;
	bool sampled; /* there was a sample, at last_cwnd */
	bool closing; /* closed here, its RST is still to be sent */
	u32 last_cwnd;
	u32 rto_num;
	u64 last_sample_ns[2]; /* by TCPP_RECV and TCPP_SEND; 0 none yet */

	unsigned long last_seen; /* jiffies; any context, READ/WRITE_ONCE */
};

int tcpp_flow_init(void);
void tcpp_flow_exit(void);

struct tcpp_flow *tcpp_flow_find(const struct sock *sk);
struct tcpp_flow *tcpp_flow_find_or_create(struct sock *sk);
void tcpp_flow_learn_remote(struct tcpp_flow *flow, const struct sock *sk);
bool tcpp_flow_remove(struct tcpp_flow *flow);
void tcpp_flow_forget(struct tcpp_flow *flow);
void tcpp_flow_free(struct tcpp_flow *flow);
void tcpp_flow_take(unsigned int bucket_number,
		    bool (*take)(struct tcpp_flow *flow, void *data),
		    void *data);

void tcpp_flow_start(void);
void tcpp_flow_stop(void);

unsigned int tcpp_flow_count(void);
size_t tcpp_flow_bytes(void);
size_t tcpp_flow_bucket_bytes(void);

#endif
