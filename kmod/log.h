/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_LOG_H
#define TCPP_LOG_H

#include <linux/compiler.h>
#include <linux/types.h>

struct seq_file;

extern bool tcpp_log_is_active;
extern bool tcpp_log_has_waiter;

/*
 * Is a log open, so that records are wanted? Asked again under RCU before
 * anything is added, since the end of a log waits for a grace period.
 */
static inline bool tcpp_log_active(void)
{
	return READ_ONCE(tcpp_log_is_active);
}

void tcpp_log_wake_reader(unsigned long waiting);

/* After a record; @waiting: unread records of this CPU. */
static inline void tcpp_log_wake(unsigned long waiting)
{
	if (READ_ONCE(tcpp_log_has_waiter))
		tcpp_log_wake_reader(waiting);
}

void tcpp_log_show(struct seq_file *seq);

int tcpp_log_init(void);
void tcpp_log_exit(void);

#endif
