// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/stat/tcpprobe_plus. The first lines have the documented layout
 * that scripts know; what follows them is ours, one "Name:" a line.
 */
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "binary.h"
#include "counters.h"
#include "data_file.h"
#include "flow.h"
#include "format.h"
#include "hooks.h"
#include "record.h"
#include "ring.h"
#include "stats.h"
#include "sysctl.h"

#define STATS_NAME "tcpprobe_plus"

static void show_counts(struct seq_file *seq, const struct tcpp_counters *s)
{
	seq_printf(seq, "hash_stat: %6llu %6llu %6llu %6llu, ", s->searched,
		   s->found, s->created, s->ended);
	seq_printf(seq, "ack_drop: %6llu %6llu, ", s->purge_busy, s->ring_full);
	seq_printf(seq, "conn_drop: %6llu %6llu, ", s->flow_limit,
		   s->flow_memory);
	seq_printf(seq, "err: %6llu %6llu\n", s->second_reader, s->copy_failed);
}

/* One that is offline now may have counted before; most never were there. */
static bool has_counted(int cpu)
{
	return memchr_inv(per_cpu_ptr(&tcpp_counters, cpu), 0,
			  sizeof(struct tcpp_counters));
}

static int stats_show(struct seq_file *seq, void *v)
{
	struct tcpp_counters sum;
	size_t flow_bytes, hash_bytes, ring_bytes;
	unsigned int flows;
	int cpu;

	/* before the sum, so that read + pending never exceeds written */
	flows = tcpp_flow_count();
	tcpp_counters_sum(&sum);

	flow_bytes = flows * tcpp_flow_bytes();
	hash_bytes = tcpp_conf.hashsize * tcpp_flow_bucket_bytes();
	ring_bytes = (size_t)num_possible_cpus() * tcpp_conf.bufsize *
		     sizeof(struct tcpp_record);
	seq_printf(seq, "Flows: active %u mem %zuK\n", flows, flow_bytes >> 10);
	seq_printf(seq, "Hash: size %u mem %zuK\n", tcpp_conf.hashsize,
		   hash_bytes >> 10);
	seq_puts(seq, "cpu# hash_stat: <search_flows found new reset>, ");
	seq_puts(seq, "ack_drop: <purge_in_progress ring_full>, ");
	seq_puts(seq, "conn_drop: <maxflow_reached memory_alloc_failed>, ");
	seq_puts(seq, "err: <multiple_reader copy_failed>\n");
	seq_puts(seq, "Total: ");
	show_counts(seq, &sum);
	for_each_possible_cpu(cpu) {
		if (!cpu_online(cpu) && !has_counted(cpu))
			continue;
		seq_printf(seq, "cpu%d: ", cpu);
		show_counts(seq, per_cpu_ptr(&tcpp_counters, cpu));
	}

	seq_printf(seq, "Records: written %llu read %llu pending %lu\n",
		   sum.written, sum.read, tcpp_rings_available());
	seq_printf(seq, "Lost: ring_full %llu\n", sum.ring_full);
	seq_printf(seq, "Refused: flow_limit %llu flow_memory %llu\n",
		   sum.flow_limit, sum.flow_memory);
	seq_printf(seq, "Missed: hooks %llu\n", sum.missed);
	seq_printf(seq, "Skipped: bad_checksum %llu\n", sum.bad_checksum);
	seq_printf(seq, "Ring: records_per_cpu %u cpus %u mem %zuK\n",
		   tcpp_conf.bufsize, num_possible_cpus(), ring_bytes >> 10);
	tcpp_data_file_show(seq);
	tcpp_hooks_show(seq);
	seq_printf(seq, "Version: %s\n", THIS_MODULE->version);
	seq_puts(seq, "Fields: ");
	tcpp_format_fields(seq, READ_ONCE(tcpp_conf.extended));
	seq_putc(seq, '\n');
	tcpp_binary_show(seq, tcpp_data_file_record_bytes());
	return 0;
}

int tcpp_stats_init(void)
{
	if (!proc_create_single(STATS_NAME, 0444, init_net.proc_net_stat,
				stats_show))
		return -ENOMEM;
	return 0;
}

void tcpp_stats_exit(void)
{
	remove_proc_entry(STATS_NAME, init_net.proc_net_stat);
}
