// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends flows on which nothing has happened for a long time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "events.h"
#include "flow.h"
#include "purge.h"
#include "record.h"
#include "ring.h"
#include "sample.h"
#include "sysctl.h"

/* jiffies from one look through the table to the next, and within one */
#define PURGE_INTERVAL HZ
#define PURGE_PAUSE max(HZ / 50, 1)

static void purge(struct work_struct *work);
static DECLARE_DELAYED_WORK(purge_work, purge);

/* A purged flow with its state, until its last record can be written. */
struct purged {
	struct hlist_node node;
	struct tcpp_flow *flow;
	struct tcpp_record record;
};

struct round {
	unsigned long limit; /* jiffies without a packet */
	unsigned long most; /* flows to take */
	bool more; /* there are, for the next round */
	struct hlist_head out;
};

static unsigned int next_bucket; /* the work's own */

/*
 * The socket of a flow in the table is alive, and stays so while we hold the
 * bucket's lock, which the hook on its destruction needs. It is not locked:
 * but nothing has happened on it for a long time.
 */
static bool take_idle(struct tcpp_flow *flow, void *data)
{
	struct round *round = data;
	struct purged *purged;

	if (!time_after(jiffies, READ_ONCE(flow->last_seen) + round->limit))
		return false;
	/* zeroed, since the binary file gives padding away, too */
	purged = round->most
			 ? kzalloc(sizeof(*purged), GFP_ATOMIC | __GFP_NOWARN)
			 : NULL;
	if (!purged) {
		round->more = true;
		return false;
	}
	round->most--;
	tcpp_sample_state(&purged->record, flow, flow->sk);
	tcpp_sample_no_packet(&purged->record, flow, flow->sk);
	purged->flow = flow;
	hlist_add_head(&purged->node, &round->out);
	return true;
}

static void write_last_records(struct round *round)
{
	struct purged *purged;
	struct hlist_node *next;

	if (hlist_empty(&round->out))
		return;
	/*
	 * A hook may just be writing a record of a flow that it found before
	 * we took it out. Ours has to be the last.
	 */
	synchronize_rcu();
	hlist_for_each_entry_safe(purged, next, &round->out, node) {
		tcpp_debug(1, "flow %llu: purged\n", purged->flow->id);
		tcpp_on_purged(&purged->record);
		tcpp_flow_free(purged->flow);
		kfree(purged);
	}
}

/*
 * However many flows fall idle at once, a round fills only a part of what is
 * free in this CPU's ring: there is no hurry, and what packets write is not
 * lost for it. The next round goes on where this one has ended.
 */
static void purge(struct work_struct *work)
{
	struct round round = {
		.limit = READ_ONCE(tcpp_conf.purgetime) * (unsigned long)HZ,
		.most = DIV_ROUND_UP(tcpp_ring_free_places(), 4),
	};

	while (next_bucket < tcpp_conf.hashsize) {
		tcpp_flow_take(next_bucket, take_idle, &round);
		if (round.more)
			break;
		next_bucket++;
		cond_resched();
	}
	write_last_records(&round);
	if (!round.more)
		next_bucket = 0;
	schedule_delayed_work(&purge_work,
			      round.more ? PURGE_PAUSE : PURGE_INTERVAL);
}

/* A log begins. */
void tcpp_purge_start(void)
{
	next_bucket = 0;
	schedule_delayed_work(&purge_work, PURGE_INTERVAL);
}

/* A log has ended. */
void tcpp_purge_stop(void)
{
	cancel_delayed_work_sync(&purge_work);
}
