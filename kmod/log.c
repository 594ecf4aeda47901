// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is a log open, and does its reader wait for records?
 *
 * The packet path never waits here: it raises no lock, and it wakes the reader
 * only when one waits and enough records are there. A timer looks after
 * records that are spread thinly over many CPUs.
 */
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/kernel.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include "compat.h"
#include "log.h"
#include "ring.h"
#include "sysctl.h"

/*
 * How late a waiting reader may learn of records: the first while there is
 * traffic. While nothing comes the timer fires ever more rarely.
 */
enum {
	POLL_MS = 20,
	POLL_MAX_MS = 640,
};

/* Written by open, release and exit; read anywhere. */
bool tcpp_log_is_active __read_mostly;
bool tcpp_log_has_waiter __read_mostly;

/*
 * Where readers wait. Allocated, since a sleeping poll() may have to outlive
 * the module, see tcpp_data_file_exit().
 */
wait_queue_head_t *tcpp_log_wait;

static void look_for_records(struct timer_list *timer);
static DEFINE_TIMER(wait_timer, look_for_records);
static unsigned int poll_ms; /* until the next look; READ/WRITE_ONCE */
static unsigned long last_seen; /* the timer's: records at the last look */

/* More than a ring's half would never come about on a single CPU. */
static unsigned long enough(void)
{
	return min_t(unsigned long, READ_ONCE(tcpp_conf.readnum),
		     max(tcpp_conf.bufsize / 2, 1U));
}

/* Do as many records wait as a reader is woken for? */
bool tcpp_log_enough(void)
{
	return tcpp_rings_available() >= enough();
}

/*
 * Asks the packet path and the timer to wake the reader. A record that is
 * committed at this moment may miss the request; the timer does not.
 */
void tcpp_log_arm(void)
{
	WRITE_ONCE(tcpp_log_has_waiter, true);
	WRITE_ONCE(poll_ms, POLL_MS);
	mod_timer(&wait_timer, jiffies + msecs_to_jiffies(POLL_MS));
}

/* Once nobody can arm any more. */
void tcpp_log_disarm(void)
{
	WRITE_ONCE(tcpp_log_has_waiter, false);
	tcpp_timer_delete_sync(&wait_timer);
}

void tcpp_log_wake_now(void)
{
	WRITE_ONCE(tcpp_log_has_waiter, false);
	wake_up_interruptible_poll(tcpp_log_wait, EPOLLIN | EPOLLRDNORM);
}

void tcpp_log_wake_reader(unsigned long waiting)
{
	if (waiting >= enough())
		tcpp_log_wake_now();
}

static void look_for_records(struct timer_list *timer)
{
	unsigned long available = tcpp_rings_available();
	unsigned int ms = READ_ONCE(poll_ms);

	if (!READ_ONCE(tcpp_log_has_waiter))
		return;
	if (available >= enough()) {
		tcpp_log_wake_now();
		return;
	}
	ms = available == last_seen ? min_t(unsigned int, 2 * ms, POLL_MAX_MS)
				    : POLL_MS;
	last_seen = available;
	WRITE_ONCE(poll_ms, ms);
	mod_timer(&wait_timer, jiffies + msecs_to_jiffies(ms));
}

int tcpp_log_init(void)
{
	tcpp_log_wait = kmalloc(sizeof(*tcpp_log_wait), GFP_KERNEL);
	if (!tcpp_log_wait)
		return -ENOMEM;
	init_waitqueue_head(tcpp_log_wait);
	return 0;
}

/*
 * @leave_queue: somebody may still be on it, and will leave it by himself. He
 * needs these few bytes for that, so they stay for good.
 */
void tcpp_log_exit(bool leave_queue)
{
	if (leave_queue)
		kmemleak_not_leak(tcpp_log_wait);
	else
		kfree(tcpp_log_wait);
}
