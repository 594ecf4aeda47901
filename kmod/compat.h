/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernel versions, and nothing else. The other
 * files know no version number.
 */
#ifndef TCPP_COMPAT_H
#define TCPP_COMPAT_H

#include <linux/ftrace.h>
#include <linux/ptrace.h>
#include <linux/sysctl.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "tcpprobe_plus needs Linux 5.10 or newer"
#endif

#ifdef CONFIG_PREEMPT_RT
#error "tcpprobe_plus takes locks where PREEMPT_RT must not sleep: not supported"
#endif

/*
 * Arguments of a traced function, as ftrace hands them to its callback.
 * Before 5.11 that takes the full register set; later the arguments alone are
 * saved, which is cheaper.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0) && \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
#define TCPP_FTRACE_FLAGS 0
#elif defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS)
#define TCPP_FTRACE_FLAGS FTRACE_OPS_FL_SAVE_REGS
#else
#error "the kernel needs CONFIG_DYNAMIC_FTRACE_WITH_ARGS or _WITH_REGS"
#endif

/*
 * Our callbacks never call a function that they observe, so ftrace need not
 * guard them against recursion. Its guard would lose a hit that interrupts
 * another one. The flag that says so changed its sense in 5.11.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define TCPP_FTRACE_UNGUARDED FTRACE_OPS_FL_RECURSION_SAFE
#define ftrace_regs pt_regs /* what a callback got then */
#else
#define TCPP_FTRACE_UNGUARDED 0
#endif

static __always_inline unsigned long
tcpp_ftrace_argument(struct ftrace_regs *regs, unsigned int n)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
	return regs_get_kernel_argument(regs, n);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0) && \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
	return ftrace_regs_get_argument(regs, n);
#elif defined(CONFIG_X86) && defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
	return regs_get_kernel_argument(&regs->regs, n);
#else
	return regs_get_kernel_argument(ftrace_get_regs(regs), n);
#endif
}

static inline void tcpp_ftrace_free_filter(struct ftrace_ops *ops)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	ftrace_free_filter(ops);
#else
	ftrace_set_filter(ops, NULL, 0, 1);
#endif
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 19, 0)
static inline u32 tcp_snd_cwnd(const struct tcp_sock *tp)
{
	return tp->snd_cwnd;
}
#endif

/* Does classic ECN (RFC 3168) hold on this connection? */
static inline bool tcpp_classic_ecn(const struct tcp_sock *tp)
{
#ifdef TCP_ECN_OK
	return tp->ecn_flags & TCP_ECN_OK;
#else
	return tcp_ecn_mode_rfc3168(tp);
#endif
}

/*
 * CUBIC's private state has been the same from 5.8 to the newest version
 * that was looked at; beyond it, nothing is printed rather than a guess.
 */
#define TCPP_CUBIC_KNOWN (LINUX_VERSION_CODE < KERNEL_VERSION(7, 4, 0))

/* A sysctl handler's table became constant. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define TCPP_CTL_CONST const
#else
#define TCPP_CTL_CONST
#endif

/* @table has @n entries and, for older kernels, an empty one after them. */
static inline struct ctl_table_header *
tcpp_register_sysctl(const char *path, struct ctl_table *table, size_t n)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
	return register_net_sysctl_sz(&init_net, path, table, n);
#else
	return register_net_sysctl(&init_net, path, table);
#endif
}

static inline void tcpp_timer_delete_sync(struct timer_list *timer)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

#endif
