// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcpprobe_plus: what a TCP sender knew at every packet, as lines of text.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/module.h>

#include "data_file.h"
#include "flow.h"
#include "hooks.h"
#include "log.h"
#include "ring.h"
#include "stats.h"
#include "sysctl.h"

static int __init tcpp_init(void)
{
	int err;

	tcpp_conf.bufsize = roundup_pow_of_two(tcpp_conf.bufsize);
	err = tcpp_rings_alloc(tcpp_conf.bufsize);
	if (err) {
		pr_err("not enough memory for %u records on each of %u CPUs\n",
		       tcpp_conf.bufsize, num_possible_cpus());
		return err;
	}
	err = tcpp_log_init();
	if (err)
		goto err_rings;
	err = tcpp_flow_init();
	if (err) {
		pr_err("not enough memory for the flow table\n");
		goto err_log;
	}
	err = tcpp_hooks_attach();
	if (err)
		goto err_flow;
	err = tcpp_sysctl_init();
	if (err)
		goto err_hooks;
	err = tcpp_stats_init();
	if (err)
		goto err_sysctl;
	/* last: from here on somebody can open it */
	err = tcpp_data_file_init();
	if (err)
		goto err_stats;
	pr_info("loaded: port %u, %u records per CPU, %u hash buckets\n",
		tcpp_conf.port, tcpp_conf.bufsize, tcpp_conf.hashsize);
	return 0;

err_stats:
	tcpp_stats_exit();
err_sysctl:
	tcpp_sysctl_exit();
err_hooks:
	tcpp_hooks_detach();
err_flow:
	tcpp_flow_exit();
err_log:
	tcpp_log_exit(false);
err_rings:
	tcpp_rings_free();
	return err;
}

static void __exit tcpp_exit(void)
{
	bool leave_queue = tcpp_data_file_exit();

	tcpp_stats_exit();
	tcpp_sysctl_exit();
	tcpp_hooks_detach();
	tcpp_flow_exit();
	tcpp_log_exit(leave_queue);
	tcpp_rings_free();
	pr_info("unloaded\n");
}

module_init(tcpp_init);
module_exit(tcpp_exit);

MODULE_DESCRIPTION("TCP state at every packet, in /proc/net/tcpprobe");
MODULE_AUTHOR("The tcpprobe_plus authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("2.1.0");
