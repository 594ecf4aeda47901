// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has been counted since the module was loaded.
 */
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/string.h>

#include "counters.h"

DEFINE_PER_CPU(struct tcpp_counters, tcpp_counters);

void tcpp_counters_sum(struct tcpp_counters *sum)
{
	u64 *total = (u64 *)sum;
	unsigned int i;
	int cpu;

	BUILD_BUG_ON(sizeof(*sum) % sizeof(u64));
	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const u64 *one = (const u64 *)per_cpu_ptr(&tcpp_counters, cpu);

		for (i = 0; i < sizeof(*sum) / sizeof(u64); i++)
			total[i] += READ_ONCE(one[i]);
	}
}
