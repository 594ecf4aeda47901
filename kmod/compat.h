/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernels, and nothing else. Asked is what a kernel
 * has (TCPP_HAVE_..., found by Kbuild in its headers), since distributions and
 * long-term kernels take things back to older versions. Nothing in here bears
 * a name that a kernel may come to have.
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
 * Arguments of a traced function, as ftrace hands them to its callback: where
 * it can, the arguments alone, which is cheaper than the full register set.
 * Before there was an accessor for them, only x86 told where they are.
 */
#if defined(TCPP_HAVE_FTRACE_ARGUMENT) && \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
#define TCPP_FTRACE_FLAGS 0
#define tcpp_ftrace_regs ftrace_regs
#define tcpp_registers(regs) (regs)
#define tcpp_argument(regs, n) ftrace_regs_get_argument(regs, n)
#elif defined(TCPP_HAVE_FTRACE_REGS) && defined(CONFIG_X86) && \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
#define TCPP_FTRACE_FLAGS 0
#define tcpp_ftrace_regs ftrace_regs
#define tcpp_registers(fregs) (&(fregs)->regs)
#define tcpp_argument(regs, n) regs_get_kernel_argument(regs, n)
#elif defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS)
#define TCPP_FTRACE_FLAGS FTRACE_OPS_FL_SAVE_REGS
#ifdef TCPP_HAVE_FTRACE_REGS
#define tcpp_ftrace_regs ftrace_regs
#define tcpp_registers(fregs) ftrace_get_regs(fregs)
#else
#define tcpp_ftrace_regs pt_regs
#define tcpp_registers(regs) (regs)
#endif
#define tcpp_argument(regs, n) regs_get_kernel_argument(regs, n)
#else
#error "the kernel needs CONFIG_DYNAMIC_FTRACE_WITH_ARGS or _WITH_REGS"
#endif

/*
 * Our callbacks never call a function that they observe, so ftrace need not
 * guard them against recursion. Its guard would lose a hit that interrupts
 * another one. The flag that says so has changed its sense.
 */
#ifdef TCPP_HAVE_RECURSION_SAFE
#define TCPP_FTRACE_UNGUARDED FTRACE_OPS_FL_RECURSION_SAFE
#else
#define TCPP_FTRACE_UNGUARDED 0
#endif

/* Not tcp_snd_cwnd(): some kernels have it, and stable ones got it later. */
static inline u32 tcpp_snd_cwnd(const struct tcp_sock *tp)
{
	return READ_ONCE(tp->snd_cwnd);
}

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
#ifdef TCPP_HAVE_CONST_CTL_TABLE
#define TCPP_CTL_CONST const
#else
#define TCPP_CTL_CONST
#endif

/* @table has @n entries and, for older kernels, an empty one after them. */
static inline struct ctl_table_header *
tcpp_register_sysctl(const char *path, struct ctl_table *table, size_t n)
{
#ifdef TCPP_HAVE_NET_SYSCTL_SZ
	return register_net_sysctl_sz(&init_net, path, table, n);
#else
	return register_net_sysctl(&init_net, path, table);
#endif
}

static inline void tcpp_timer_delete_sync(struct timer_list *timer)
{
#ifdef TCPP_HAVE_TIMER_DELETE
	timer_delete_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

#endif
