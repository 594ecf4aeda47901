// SPDX-License-Identifier: GPL-2.0-only
/*
 * One ring of records per CPU, without locks.
 *
 * Producer: code that runs with bottom halves off, hence one at a time on each
 * CPU (no hook runs in a hard interrupt). Consumer: the one reader of the data
 * file. Each index has a single writer; the other side reads it with acquire
 * semantics, so a record is whole before it is seen and read before its place
 * is taken again.
 *
 * Order: the reader merges by time. To be sure that no older record is still
 * being written on another CPU, a producer raises `writing` before it reads
 * the clock, and the reader reads the clock before it looks at `writing` (full
 * barriers on both sides): a producer it does not see will take a later time.
 */
#include <linux/cache.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "counters.h"
#include "memory.h"
#include "record.h"
#include "ring.h"

struct tcpp_ring {
	/* set once at load */
	struct tcpp_record *records;
	unsigned long mask;

	/* producer's */
	unsigned long head ____cacheline_aligned_in_smp;
	unsigned long known_tail; /* tail as last looked up */
	u64 last_ns; /* time of the newest whole record */
	u32 lost; /* since the newest record */
	bool writing;

	/* consumer's */
	unsigned long tail ____cacheline_aligned_in_smp;
	unsigned long seen; /* head at the last snapshot */
};

static DEFINE_PER_CPU(struct tcpp_ring, tcpp_rings);

/* Consumer's: no record after this time may be handed out yet. */
static u64 limit_ns;
/* Consumer's: the ring that next() gave a record from, and until when. */
static struct tcpp_ring *current_ring;
static u64 current_until_ns;

void tcpp_rings_free(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct tcpp_ring *ring = per_cpu_ptr(&tcpp_rings, cpu);

		kvfree(ring->records);
		ring->records = NULL;
	}
}

/* @size: records per CPU, a power of two. */
int tcpp_rings_alloc(unsigned int size)
{
	size_t bytes = size * sizeof(struct tcpp_record);
	int cpu;

	/* more than kvmalloc() gives; and size_t may have 32 bits only */
	if (size > INT_MAX / sizeof(struct tcpp_record))
		return -ENOMEM;
	if (!tcpp_memory_allows((u64)bytes * num_possible_cpus()))
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct tcpp_ring *ring = per_cpu_ptr(&tcpp_rings, cpu);

		/* zeroed, since the binary file gives padding away, too */
		ring->records = kvzalloc_node(bytes, GFP_KERNEL | __GFP_NOWARN,
					      cpu_to_node(cpu));
		if (!ring->records) {
			tcpp_rings_free();
			return -ENOMEM;
		}
		ring->mask = size - 1;
	}
	return 0;
}

/*
 * The place for one more record with its time set, or NULL if the ring is
 * full (counted, and the next record tells how many were lost before it).
 */
struct tcpp_record *tcpp_ring_begin(void)
{
	struct tcpp_ring *ring = this_cpu_ptr(&tcpp_rings);
	struct tcpp_record *record;

	if (unlikely(ring->head - ring->known_tail > ring->mask)) {
		/* pairs with the release in tcpp_rings_release() */
		ring->known_tail = smp_load_acquire(&ring->tail);
		if (ring->head - ring->known_tail > ring->mask) {
			ring->lost++;
			tcpp_count(ring_full);
			return NULL;
		}
	}

	record = &ring->records[ring->head & ring->mask];
	WRITE_ONCE(ring->writing, true);
	/* pairs with the barrier in tcpp_rings_snapshot() */
	smp_mb();
	record->time_ns = ktime_get_ns();
	record->lost_before = ring->lost;
	ring->lost = 0;
	return record;
}

/* Hands the record to the reader. Returns how many this CPU has waiting. */
unsigned long tcpp_ring_commit(struct tcpp_record *record)
{
	struct tcpp_ring *ring = this_cpu_ptr(&tcpp_rings);

	WRITE_ONCE(ring->last_ns, record->time_ns);
	/* the record's content before its number */
	smp_store_release(&ring->head, ring->head + 1);
	/* the head before the end of writing */
	smp_store_release(&ring->writing, false);
	tcpp_count(written);
	return ring->head - READ_ONCE(ring->tail);
}

/* Free places on this CPU, for who can wait for them. */
unsigned long tcpp_ring_free_places(void)
{
	struct tcpp_ring *ring = raw_cpu_ptr(&tcpp_rings);

	return ring->mask + 1 - (READ_ONCE(ring->head) - READ_ONCE(ring->tail));
}

/* Throws away all that waits. Only while no hook can be in a producer. */
void tcpp_rings_reset(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct tcpp_ring *ring = per_cpu_ptr(&tcpp_rings, cpu);

		ring->head = 0;
		ring->tail = 0;
		ring->known_tail = 0;
		ring->seen = 0;
		ring->last_ns = 0;
		ring->lost = 0;
	}
	current_ring = NULL;
}

/* How many records wait on all CPUs together. From any context. */
unsigned long tcpp_rings_available(void)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct tcpp_ring *ring = per_cpu_ptr(&tcpp_rings, cpu);
		/* tail first: the difference is then never negative */
		unsigned long tail = smp_load_acquire(&ring->tail);

		sum += READ_ONCE(ring->head) - tail;
	}
	return sum;
}

/* A record takes well under a microsecond to write; do not wait for longer. */
static bool still_writing(const struct tcpp_ring *ring)
{
	int spins = 200;

	/* pairs with the releases in tcpp_ring_commit() */
	while (smp_load_acquire(&ring->writing)) {
		if (!spins--)
			return true;
		cpu_relax();
	}
	return false;
}

/* Fixes what the following calls of tcpp_rings_next() may hand out. */
void tcpp_rings_snapshot(void)
{
	int cpu;

	limit_ns = ktime_get_ns();
	current_ring = NULL;
	/* pairs with the barrier in tcpp_ring_begin() */
	smp_mb();
	for_each_possible_cpu(cpu) {
		struct tcpp_ring *ring = per_cpu_ptr(&tcpp_rings, cpu);

		/*
		 * That CPU was interrupted inside a record (or the hypervisor
		 * stopped it there): the time of the record is not before the
		 * one of the last, so nothing later may go out.
		 */
		if (still_writing(ring))
			limit_ns = min(limit_ns, READ_ONCE(ring->last_ns));
		/* pairs with the release in tcpp_ring_commit() */
		ring->seen = smp_load_acquire(&ring->head);
	}
}

static const struct tcpp_record *oldest(const struct tcpp_ring *ring)
{
	if (ring->tail == ring->seen)
		return NULL;
	return &ring->records[ring->tail & ring->mask];
}

/*
 * The oldest record of all rings, NULL if there is none within the snapshot.
 * It stays valid until tcpp_rings_release().
 */
const struct tcpp_record *tcpp_rings_next(void)
{
	const struct tcpp_record *record;
	u64 first_ns = U64_MAX;
	int cpu;

	if (current_ring) {
		record = oldest(current_ring);
		if (record && record->time_ns <= current_until_ns)
			return record;
	}

	current_ring = NULL;
	current_until_ns = limit_ns;
	for_each_possible_cpu(cpu) {
		struct tcpp_ring *ring = per_cpu_ptr(&tcpp_rings, cpu);

		record = oldest(ring);
		if (!record)
			continue;
		if (record->time_ns < first_ns) {
			/* that ring goes on until the second oldest */
			current_until_ns = min(current_until_ns, first_ns);
			first_ns = record->time_ns;
			current_ring = ring;
		} else {
			current_until_ns =
				min(current_until_ns, record->time_ns);
		}
	}
	if (first_ns > limit_ns) {
		current_ring = NULL;
		return NULL;
	}
	return oldest(current_ring);
}

/* Gives back the place of the record that tcpp_rings_next() returned. */
void tcpp_rings_release(void)
{
	/* the record was read before its place is free */
	smp_store_release(&current_ring->tail, current_ring->tail + 1);
}
