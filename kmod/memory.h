/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_MEMORY_H
#define TCPP_MEMORY_H

#include <linux/mm.h>
#include <linux/types.h>

/*
 * May so much be taken at load? Not more than half of what is there without
 * pushing anything out: nobody is to be killed for a large parameter.
 */
static inline bool tcpp_memory_allows(u64 bytes)
{
	long pages = si_mem_available();

	return pages > 0 && bytes >> PAGE_SHIFT <= pages / 2;
}

#endif
