/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_COUNTERS_H
#define TCPP_COUNTERS_H

#include <linux/percpu.h>
#include <linux/types.h>

/* Counts since load. Each CPU writes its own, the reader adds them up. */
struct tcpp_counters {
	u64 searched; /* flows looked up */
	u64 found;
	u64 created;
	u64 ended; /* closed or reset, or found in another connection */
	u64 purge_busy; /* always 0: a purge never holds up a packet */
	u64 ring_full; /* records lost: the reader was too slow */
	u64 flow_limit; /* no flow made: maxflows reached */
	u64 flow_memory; /* no flow made: no memory */
	u64 second_reader; /* opens refused */
	u64 copy_failed;
	u64 written; /* records */
	u64 read; /* records */
	u64 missed; /* calls of a hook that could not be looked at */
	u64 bad_checksum; /* segments that the kernel is about to reject */
};

DECLARE_PER_CPU(struct tcpp_counters, tcpp_counters);

#define tcpp_count(field) this_cpu_inc(tcpp_counters.field)

void tcpp_counters_sum(struct tcpp_counters *sum);

#endif
