/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_RING_H
#define TCPP_RING_H

#include <linux/types.h>

struct tcpp_record;

int tcpp_rings_alloc(unsigned int size);
void tcpp_rings_free(void);

/* Producer: bottom halves off from begin to commit. */
struct tcpp_record *tcpp_ring_begin(void);
unsigned long tcpp_ring_commit(struct tcpp_record *record);
unsigned long tcpp_ring_free_places(void);

/* Consumer: one at a time, which the data file's lock sees to. */
void tcpp_rings_reset(void);
unsigned long tcpp_rings_available(void);
void tcpp_rings_snapshot(void);
const struct tcpp_record *tcpp_rings_next(void);
void tcpp_rings_release(void);

#endif
