/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_LOG_H
#define TCPP_LOG_H

#include <asm/barrier.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <linux/wait.h>

extern bool tcpp_log_is_active;
extern bool tcpp_log_has_waiter;
extern wait_queue_head_t *tcpp_log_wait;

/* Is a log open, so that records are wanted? The quick first question. */
static inline bool tcpp_log_active(void)
{
	return READ_ONCE(tcpp_log_is_active);
}

/*
 * Asked again under RCU before anything is added: the end of a log waits for a
 * grace period.
 */
static inline bool tcpp_log_begun(void)
{
	/* pairs with the release at its beginning: rings and table are empty */
	return smp_load_acquire(&tcpp_log_is_active);
}

bool tcpp_log_enough(void);
void tcpp_log_arm(void);
void tcpp_log_disarm(void);
void tcpp_log_wake_now(void);
void tcpp_log_wake_reader(unsigned long waiting);

/* After a record; @waiting: unread records of this CPU. */
static inline void tcpp_log_wake(unsigned long waiting)
{
	if (READ_ONCE(tcpp_log_has_waiter))
		tcpp_log_wake_reader(waiting);
}

int tcpp_log_init(void);
void tcpp_log_exit(bool leave_queue);

#endif
