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
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <net/tcp.h>

#include "compat.h"
#include "counters.h"
#include "events.h"
#include "flow.h"
#include "hooks.h"
#include "log.h"

/* In the order in which a callback looks for its own: most frequent first. */
enum {
	TRANSMIT_SKB,
	V4_DO_RCV,
	V6_DO_RCV,
	RETRANSMIT_TIMER,
	SEND_PROBE0,
	DONE,
	HOOKS
};

struct hook {
	const char *function;
	bool optional; /* may be missing: IPv6 can be configured out */
	bool attached;
	unsigned long ip; /* learned at the first call; READ/WRITE_ONCE */
};

static struct hook hooks[HOOKS] = {
	[TRANSMIT_SKB] = { .function = "__tcp_transmit_skb" },
	[V4_DO_RCV] = { .function = "tcp_v4_do_rcv" },
	[V6_DO_RCV] = { .function = "tcp_v6_do_rcv", .optional = true },
	[RETRANSMIT_TIMER] = { .function = "tcp_retransmit_timer" },
	[SEND_PROBE0] = { .function = "tcp_send_probe0" },
	[DONE] = { .function = "tcp_done" },
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

/* Which hook this address belongs to, by its symbol; remembered. */
static noinline int resolve(unsigned long ip)
{
	char symbol[KSYM_SYMBOL_LEN];
	size_t length;
	int i;

	sprint_symbol_no_offset(symbol, ip);
	length = strcspn(symbol, " "); /* a module's name follows */
	symbol[length] = '\0';
	for (i = 0; i < HOOKS; i++) {
		if (!strcmp(hooks[i].function, symbol)) {
			WRITE_ONCE(hooks[i].ip, ip);
			return i;
		}
	}
	tcpp_count(missed);
	return -1;
}

static __always_inline int hook_at(unsigned long ip)
{
	int i;

	for (i = 0; i < HOOKS; i++) {
		if (READ_ONCE(hooks[i].ip) == ip)
			return i;
	}
	return resolve(ip);
}

static __always_inline void *pointer(struct ftrace_regs *regs, unsigned int n)
{
	return (void *)tcpp_ftrace_argument(regs, n);
}

/*
 * One callback for all functions: to take back an ftrace_ops takes grace
 * periods of up to seconds, so there is only one.
 */
static void notrace on_function(unsigned long ip, unsigned long parent,
				struct ftrace_ops *ops,
				struct ftrace_regs *regs)
{
	const struct sk_buff *skb;

	if (!tcpp_log_active())
		return;
	if (unlikely(!regs)) {
		tcpp_count(missed);
		return;
	}
	switch (hook_at(ip)) {
	case TRANSMIT_SKB: /* (sk, skb, clone_it, gfp_mask, rcv_nxt) */
		tcpp_on_transmit(pointer(regs, 0), pointer(regs, 1),
				 tcpp_ftrace_argument(regs, 4));
		break;
	case V4_DO_RCV: /* (sk, skb) */
		tcpp_on_receive(pointer(regs, 0), pointer(regs, 1));
		break;
	case V6_DO_RCV: /* (sk, skb); passes IPv4 on to tcp_v4_do_rcv() */
		skb = pointer(regs, 1);
		if (skb->protocol != htons(ETH_P_IP))
			tcpp_on_receive(pointer(regs, 0), skb);
		break;
	case RETRANSMIT_TIMER: /* (sk) */
		tcpp_on_retransmit_timer(pointer(regs, 0));
		break;
	case SEND_PROBE0: /* (sk) */
		tcpp_on_probe_timer(pointer(regs, 0));
		break;
	case DONE: /* (sk) */
		if (tcpp_flow_count())
			tcpp_on_done(pointer(regs, 0));
		break;
	}
}

static struct ftrace_ops function_ops = {
	.func = on_function,
	.flags = TCPP_FTRACE_FLAGS | TCPP_FTRACE_UNGUARDED |
		 FTRACE_OPS_FL_PERMANENT,
};

static bool functions_attached;

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

/* Attached first: they take flows out. */
static struct probe probes[] = {
	{ .event = "tcp_destroy_sock", .function = on_destroy_sock },
	{ .event = "inet_sock_set_state", .function = on_sock_set_state },
};

static int attach_functions(void)
{
	int err, i;

	for (i = 0; i < HOOKS; i++) {
		struct hook *hook = &hooks[i];
		const char *name = hook->function;

		err = ftrace_set_filter(&function_ops, (unsigned char *)name,
					strlen(name), !i);
		hook->attached = !err;
		if (!err)
			continue;
		if (!hook->optional) {
			pr_err("cannot observe %s: error %d\n", name, err);
			goto err_filter;
		}
		pr_info("this kernel has no %s: skipped\n", name);
	}
	err = register_ftrace_function(&function_ops);
	if (err) {
		pr_err("cannot register with ftrace: error %d%s\n", err,
		       err == -EBUSY ? " (is kernel.ftrace_enabled 0?)" : "");
		goto err_filter;
	}
	functions_attached = true;
	return 0;

err_filter:
	tcpp_ftrace_free_filter(&function_ops);
	return err;
}

static void detach_functions(void)
{
	if (!functions_attached)
		return;
	/* returns only when no CPU is in the callback any more */
	unregister_ftrace_function(&function_ops);
	tcpp_ftrace_free_filter(&function_ops);
	functions_attached = false;
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

	detach_functions();
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
	if (!err)
		err = attach_functions();
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
