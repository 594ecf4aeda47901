// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends flows on which nothing has happened for a long time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "events.h"
#include "flow.h"
#include "purge.h"
#include "record.h"
#include "sample.h"
#include "sysctl.h"

#define PURGE_INTERVAL HZ

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
	struct hlist_head out;
};

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
	purged = kmalloc(sizeof(*purged), GFP_ATOMIC | __GFP_NOWARN);
	if (!purged)
		return false; /* the next round will see it again */
	tcpp_sample_state(&purged->record, flow, flow->sk);
	tcpp_sample_no_packet(&purged->record, flow, flow->sk);
	purged->flow = flow;
	hlist_add_head(&purged->node, &round->out);
	return true;
}

static void purge(struct work_struct *work)
{
	struct round round = {
		.limit = READ_ONCE(tcpp_conf.purgetime) * (unsigned long)HZ,
	};
	struct purged *purged;
	struct hlist_node *next;
	unsigned int i;

	for (i = 0; i < tcpp_conf.hashsize; i++) {
		tcpp_flow_take(i, take_idle, &round);
		cond_resched();
	}

	if (!hlist_empty(&round.out)) {
		/*
		 * A hook may just be writing a record of a flow that it found
		 * before we took it out. Ours has to be the last.
		 */
		synchronize_rcu();
		hlist_for_each_entry_safe(purged, next, &round.out, node) {
			tcpp_debug(1, "flow %llu: purged\n", purged->flow->id);
			tcpp_on_purged(&purged->record);
			tcpp_flow_free(purged->flow);
			kfree(purged);
		}
	}
	schedule_delayed_work(&purge_work, PURGE_INTERVAL);
}

/* A log begins. */
void tcpp_purge_start(void)
{
	schedule_delayed_work(&purge_work, PURGE_INTERVAL);
}

/* A log has ended. */
void tcpp_purge_stop(void)
{
	cancel_delayed_work_sync(&purge_work);
}
