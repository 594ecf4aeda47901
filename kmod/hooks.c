// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the module looks at the kernel: ftrace callbacks at the entry of a few
 * functions, and two tracepoints. They observe: nothing is replaced, no
 * argument or return address is changed, and other tracers may be on the same
 * functions.
 *
 * A callback runs before the function it observes, with the socket locked, in
 * softirq or process context. Why these places: docs/kernel-module.md.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <net/tcp.h>

#include "compat.h"
#include "events.h"
#include "flow.h"
#include "hooks.h"
#include "log.h"
#include "stats.h"

struct hook {
	const char *function;
	bool optional; /* may be missing: IPv6 can be configured out */
	bool attached;
	struct ftrace_ops ops;
};

struct probe {
	const char *event;
	void *function;
	struct tracepoint *point; /* found, and while attached */
};

/* The declared ones must look as our callbacks take them. */
static void __maybe_unused check_signatures(void)
{
	BUILD_BUG_ON(!__same_type(tcp_v4_do_rcv,
				  int(struct sock *, struct sk_buff *)));
	BUILD_BUG_ON(!__same_type(tcp_retransmit_timer, void(struct sock *)));
	BUILD_BUG_ON(!__same_type(tcp_send_probe0, void(struct sock *)));
	BUILD_BUG_ON(!__same_type(tcp_done, void(struct sock *)));
}

/* Should a callback look further? Cheap: it is all that runs without a log. */
static __always_inline bool watching(struct ftrace_regs *regs)
{
	if (!tcpp_log_active())
		return false;
	if (unlikely(!regs)) {
		tcpp_count(missed);
		return false;
	}
	return true;
}

static __always_inline void *pointer(struct ftrace_regs *regs, unsigned int n)
{
	return (void *)tcpp_ftrace_argument(regs, n);
}

/* tcp_v4_do_rcv(sk, skb) */
static void notrace on_v4_do_rcv(unsigned long ip, unsigned long parent,
				 struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	if (watching(regs))
		tcpp_on_receive(pointer(regs, 0), pointer(regs, 1));
}

/* tcp_v6_do_rcv(sk, skb); hands IPv4 packets on to tcp_v4_do_rcv() */
static void notrace on_v6_do_rcv(unsigned long ip, unsigned long parent,
				 struct ftrace_ops *ops,
				 struct ftrace_regs *regs)
{
	const struct sk_buff *skb;

	if (!watching(regs))
		return;
	skb = pointer(regs, 1);
	if (skb->protocol != htons(ETH_P_IP))
		tcpp_on_receive(pointer(regs, 0), skb);
}

/* __tcp_transmit_skb(sk, skb, clone_it, gfp_mask, rcv_nxt) */
static void notrace on_transmit_skb(unsigned long ip, unsigned long parent,
				    struct ftrace_ops *ops,
				    struct ftrace_regs *regs)
{
	if (watching(regs))
		tcpp_on_transmit(pointer(regs, 0), pointer(regs, 1),
				 tcpp_ftrace_argument(regs, 4));
}

/* tcp_retransmit_timer(sk) */
static void notrace on_retransmit_timer(unsigned long ip, unsigned long parent,
					struct ftrace_ops *ops,
					struct ftrace_regs *regs)
{
	if (watching(regs))
		tcpp_on_retransmit_timer(pointer(regs, 0));
}

/* tcp_send_probe0(sk) */
static void notrace on_send_probe0(unsigned long ip, unsigned long parent,
				   struct ftrace_ops *ops,
				   struct ftrace_regs *regs)
{
	if (watching(regs))
		tcpp_on_probe_timer(pointer(regs, 0));
}

/* tcp_done(sk) */
static void notrace on_done(unsigned long ip, unsigned long parent,
			    struct ftrace_ops *ops, struct ftrace_regs *regs)
{
	if (watching(regs) && tcpp_flow_count())
		tcpp_on_done(pointer(regs, 0));
}

static void on_sock_set_state(void *data, const struct sock *sk, const int from,
			      const int to)
{
	if (tcpp_log_active() && sk->sk_protocol == IPPROTO_TCP)
		tcpp_on_state((struct sock *)sk, from, to);
}

/* Also while no log is open: a flow must not outlive its socket. */
static void on_destroy_sock(void *data, struct sock *sk)
{
	if (tcpp_flow_count())
		tcpp_on_destroy(sk);
}

#define HOOK(name, callback, may_miss)                                       \
	{                                                                    \
		.function = (name), .optional = (may_miss),                  \
		.ops = {                                                     \
			.func = (callback),                                  \
			.flags = TCPP_FTRACE_FLAGS | TCPP_FTRACE_UNGUARDED | \
				 FTRACE_OPS_FL_PERMANENT,                    \
		},                                                           \
	}

static struct hook hooks[] = {
	HOOK("tcp_done", on_done, false),
	HOOK("tcp_v4_do_rcv", on_v4_do_rcv, false),
	HOOK("tcp_v6_do_rcv", on_v6_do_rcv, true),
	HOOK("__tcp_transmit_skb", on_transmit_skb, false),
	HOOK("tcp_retransmit_timer", on_retransmit_timer, false),
	HOOK("tcp_send_probe0", on_send_probe0, false),
};

/* Attached first: they take flows out. */
static struct probe probes[] = {
	{ .event = "tcp_destroy_sock", .function = on_destroy_sock },
	{ .event = "inet_sock_set_state", .function = on_sock_set_state },
};

static int attach_hook(struct hook *hook)
{
	int err;

	err = ftrace_set_filter(&hook->ops, (unsigned char *)hook->function,
				strlen(hook->function), 1);
	if (err && hook->optional) {
		pr_info("this kernel has no %s: skipped\n", hook->function);
		return 0;
	}
	if (!err)
		err = register_ftrace_function(&hook->ops);
	if (err) {
		pr_err("cannot observe %s: error %d%s\n", hook->function, err,
		       err == -EBUSY ? " (is kernel.ftrace_enabled 0?)" : "");
		tcpp_ftrace_free_filter(&hook->ops);
		return err;
	}
	hook->attached = true;
	return 0;
}

static void detach_hook(struct hook *hook)
{
	if (!hook->attached)
		return;
	/* returns only when no CPU is in the callback any more */
	unregister_ftrace_function(&hook->ops);
	tcpp_ftrace_free_filter(&hook->ops);
	hook->attached = false;
}

static void find_event(struct tracepoint *point, void *data)
{
	struct probe *probe = data;

	if (!strcmp(point->name, probe->event))
		probe->point = point;
}

static int attach_probe(struct probe *probe)
{
	int err;

	for_each_kernel_tracepoint(find_event, probe);
	if (!probe->point) {
		pr_err("this kernel has no tracepoint %s\n", probe->event);
		return -ENOENT;
	}
	err = tracepoint_probe_register(probe->point, probe->function, NULL);
	if (err) {
		pr_err("cannot observe %s: error %d\n", probe->event, err);
		probe->point = NULL;
	}
	return err;
}

static void detach_probe(struct probe *probe)
{
	if (!probe->point)
		return;
	tracepoint_probe_unregister(probe->point, probe->function, NULL);
	probe->point = NULL;
}

/* Undoes what has been attached, so it also ends a half-done attach. */
void tcpp_hooks_detach(void)
{
	int i;

	for (i = ARRAY_SIZE(hooks) - 1; i >= 0; i--)
		detach_hook(&hooks[i]);
	for (i = ARRAY_SIZE(probes) - 1; i >= 0; i--)
		detach_probe(&probes[i]);
	/* no CPU is in a probe any more */
	tracepoint_synchronize_unregister();
}

int tcpp_hooks_attach(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(probes); i++)
		err = attach_probe(&probes[i]);
	for (i = 0; !err && i < ARRAY_SIZE(hooks); i++)
		err = attach_hook(&hooks[i]);
	if (err)
		tcpp_hooks_detach();
	return err;
}

void tcpp_hooks_show(struct seq_file *seq)
{
	unsigned int i;

	seq_puts(seq, "Hooks:");
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (hooks[i].attached)
			seq_printf(seq, " %s", hooks[i].function);
	}
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		seq_printf(seq, " %s", probes[i].event);
	seq_putc(seq, '\n');
}
