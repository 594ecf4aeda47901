/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_SYSCTL_H
#define TCPP_SYSCTL_H

#include <linux/types.h>

/*
 * Settings. Written by a sysctl or, before anything runs, by a module
 * parameter; read with READ_ONCE() anywhere. Each stands alone.
 */
struct tcpp_conf {
	unsigned int bufsize; /* records per CPU; fixed at load */
	unsigned int readnum; /* records that end the wait of a read */
	unsigned int debug; /* 0 none, 1 flows, 2 records */
	unsigned int full; /* 0: only when the flow's cwnd changed */
	unsigned int hashsize; /* buckets; fixed at load */
	unsigned int maxflows;
	unsigned int port; /* either end; 0 all */
	unsigned int probetime; /* ms between two samples of a direction */
	unsigned int purgetime; /* s without a packet that end a flow */
	unsigned int extended; /* further fields on each line */
};

extern struct tcpp_conf tcpp_conf;

#define tcpp_debug(level, format, ...)                               \
	do {                                                         \
		if (unlikely(READ_ONCE(tcpp_conf.debug) >= (level))) \
			pr_info_ratelimited(format, ##__VA_ARGS__);  \
	} while (0)

int tcpp_sysctl_init(void);
void tcpp_sysctl_exit(void);

#endif
