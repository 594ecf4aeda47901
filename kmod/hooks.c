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
#include <linux/module.h>
#include <linux/notifier.h>
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
	bool split; /* pieces of it have names of their own */
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

#define pointer(regs, n) ((void *)tcpp_argument(regs, n))

/*
 * One callback for all functions: to take back an ftrace_ops takes grace
 * periods of up to seconds, so there is only one.
 */
static void notrace on_function(unsigned long ip, unsigned long parent,
				struct ftrace_ops *ops,
				struct tcpp_ftrace_regs *fregs)
{
	typeof(tcpp_registers(fregs)) regs;
	struct sk_buff *skb;

	if (!tcpp_log_active())
		return;
	regs = fregs ? tcpp_registers(fregs) : NULL;
	if (unlikely(!regs)) {
		tcpp_count(missed);
		return;
	}
	switch (hook_at(ip)) {
	case TRANSMIT_SKB: /* (sk, skb, clone_it, gfp_mask, rcv_nxt) */
		tcpp_on_transmit(pointer(regs, 0), pointer(regs, 1),
				 tcpp_argument(regs, 4));
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

static void free_filter(struct ftrace_ops *ops)
{
	ftrace_set_filter(ops, NULL, 0, 1);
}

/* Adds a function to those of @ops, or to none of them (@anew). */
static int add_function(struct ftrace_ops *ops, const char *name, bool anew)
{
	char pattern[KSYM_NAME_LEN]; /* it is written to */
	size_t length = strscpy(pattern, name, sizeof(pattern));

	return ftrace_set_filter(ops, (unsigned char *)pattern, length, anew);
}

/*
 * A compiler may make pieces or variants of a function (NAME.constprop.0,
 * NAME.isra.0, NAME.part.0). Calls that go there pass NAME, and so us, by; to
 * observe them too would be wrong, since their arguments are others.
 */
static bool is_split(const char *name)
{
	static struct ftrace_ops search; /* never registered */
	char pattern[64];
	bool found;

	snprintf(pattern, sizeof(pattern), "%s.*", name);
	found = !add_function(&search, pattern, true);
	free_filter(&search);
	return found;
}

static int attach_function(struct hook *hook, bool anew)
{
	int err = add_function(&function_ops, hook->function, anew);

	hook->attached = !err;
	hook->split = is_split(hook->function);
	if (!err && hook->split)
		pr_warn("%s has been split by this kernel's compiler: calls of its pieces are not seen\n",
			hook->function);
	return err;
}

#if IS_MODULE(CONFIG_IPV6)
/* IPv6 may be loaded after us. */
static int on_module(struct notifier_block *block, unsigned long event,
		     void *data)
{
	const struct module *module = data;
	struct hook *hook = &hooks[V6_DO_RCV];

	if (event == MODULE_STATE_COMING && !strcmp(module->name, "ipv6") &&
	    !hook->attached && !attach_function(hook, false))
		pr_info("IPv6 has come: %s is observed\n", hook->function);
	return NOTIFY_OK;
}

static struct notifier_block module_watch = { .notifier_call = on_module };

static int watch_modules(void)
{
	struct hook *hook = &hooks[V6_DO_RCV];
	int err = register_module_notifier(&module_watch);

	/* it may have come since we looked */
	if (!err && !hook->attached)
		attach_function(hook, false);
	return err;
}

static void unwatch_modules(void)
{
	unregister_module_notifier(&module_watch);
}
#else
static int watch_modules(void)
{
	return 0;
}

static void unwatch_modules(void)
{
}
#endif

static void detach_functions(void)
{
	if (!functions_attached)
		return;
	unwatch_modules();
	/* returns only when no CPU is in the callback any more */
	unregister_ftrace_function(&function_ops);
	free_filter(&function_ops);
	functions_attached = false;
}

static int attach_functions(void)
{
	int err, i;

	for (i = 0; i < HOOKS; i++) {
		struct hook *hook = &hooks[i];

		err = attach_function(hook, !i);
		if (!err)
			continue;
		if (!hook->optional) {
			pr_err("cannot observe %s: error %d%s\n",
			       hook->function, err,
			       err == -EINVAL ? " (was it inlined?)" : "");
			goto err_filter;
		}
		pr_info("this kernel has no %s%s: skipped\n", hook->function,
			IS_MODULE(CONFIG_IPV6) ? " yet" : "");
	}
	err = register_ftrace_function(&function_ops);
	if (err) {
		pr_err("cannot register with ftrace: error %d%s\n", err,
		       err == -EBUSY ? " (is kernel.ftrace_enabled 0?)" : "");
		goto err_filter;
	}
	functions_attached = true;
	err = watch_modules();
	if (err)
		detach_functions();
	return err;

err_filter:
	free_filter(&function_ops);
	return err;
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
	bool none = true;
	unsigned int i;

	seq_puts(seq, "Hooks:");
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (hooks[i].attached)
			seq_printf(seq, " %s", hooks[i].function);
	}
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		seq_printf(seq, " %s", probes[i].event);
	seq_putc(seq, '\n');

	seq_puts(seq, "Split:");
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (hooks[i].split) {
			seq_printf(seq, " %s", hooks[i].function);
			none = false;
		}
	}
	seq_puts(seq, none ? " none\n" : "\n");
}
