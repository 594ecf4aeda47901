// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/tcpprobe, the data file, and /proc/net/tcpprobe_data, the same under
 * its older name. Opening it begins a log, one at a time; closing ends it.
 *
 * Unload while the file is open is allowed. Nothing holds a reference on the
 * module: proc waits for calls in progress and closes the file itself.
 */
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <net/net_namespace.h>

#include "counters.h"
#include "data_file.h"
#include "flow.h"
#include "format.h"
#include "log.h"
#include "purge.h"
#include "record.h"
#include "ring.h"
#include "sysctl.h"

#define DATA_NAME "tcpprobe"
#define DATA_ALIAS "tcpprobe_data"

enum {
	TEXT_SIZE = 64 << 10, /* bytes of text made at a time */
	DRAIN_MS = 2000, /* how long unload lets a reader finish */
};

static ushort mode = 0400;
module_param(mode, ushort, 0444);
MODULE_PARM_DESC(mode, "access mode of /proc/net/tcpprobe (0400)");

static atomic_t is_open; /* one reader at a time */
static bool ending; /* unload has begun; READ/WRITE_ONCE */

static bool polled; /* since the file was opened */

/* The consumer's side of the rings, and all that follows. */
static DEFINE_MUTEX(read_lock);
static char *text; /* lines made but not yet read */
static size_t text_at;
static size_t text_end;
static u64 number; /* of the last record made into text */
static u64 count; /* records made into text */

/* Set at open. */
static u64 zero_ns;
static u64 zero_real_ns;
static struct tcpp_counters at_open;

static bool readable(void)
{
	return READ_ONCE(ending) || READ_ONCE(text_at) != READ_ONCE(text_end) ||
	       tcpp_log_enough();
}

/* Asks the packet path and the timer to wake us. True if there is no need. */
static bool readable_or_arm(void)
{
	if (readable())
		return true;
	tcpp_log_arm();
	return readable();
}

static int log_open(struct inode *inode, struct file *file)
{
	char *buffer;

	if (atomic_cmpxchg(&is_open, 0, 1)) {
		tcpp_count(second_reader);
		return -EBUSY;
	}
	buffer = kvmalloc(TEXT_SIZE, GFP_KERNEL);
	if (!buffer || READ_ONCE(ending)) {
		kvfree(buffer);
		atomic_set_release(&is_open, 0);
		return buffer ? -ENODEV : -ENOMEM;
	}

	/* No hook is in a ring: the last log's end waited for them. */
	tcpp_rings_reset();
	text = buffer;
	text_at = 0;
	text_end = 0;
	number = 0;
	count = 0;
	polled = false;
	tcpp_counters_sum(&at_open);
	zero_ns = ktime_get_ns();
	zero_real_ns = ktime_get_real_ns();
	tcpp_flow_start();
	tcpp_purge_start();
	/* all of the above before a hook sees that the log is open */
	smp_store_release(&tcpp_log_is_active, true);
	return nonseekable_open(inode, file);
}

static int log_release(struct inode *inode, struct file *file)
{
	WRITE_ONCE(tcpp_log_is_active, false);
	/* from here on no hook adds a record or a flow */
	synchronize_rcu();
	tcpp_purge_stop();
	tcpp_flow_stop();
	tcpp_log_disarm();
	kvfree(text);
	text = NULL;
	atomic_set_release(&is_open, 0);
	return 0;
}

/* Makes text of what waits in the rings. Under read_lock. */
static void fill_text(void)
{
	const struct tcpp_record *record;
	size_t length = 0;
	u64 made = 0;

	tcpp_rings_snapshot();
	while (length + TCPP_LINE_MAX <= TEXT_SIZE) {
		record = tcpp_rings_next();
		if (!record)
			break;
		number += 1 + record->lost_before;
		length += tcpp_format_record(text + length, record, number,
					     zero_ns);
		tcpp_rings_release();
		made++;
	}
	WRITE_ONCE(text_at, 0);
	WRITE_ONCE(text_end, length);
	count += made;
	this_cpu_add(tcpp_counters.read, made);
}

/* Copies text until @len bytes or no more records. Under read_lock. */
static ssize_t copy_text(char __user *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		size_t part;

		if (text_at == text_end)
			fill_text();
		part = min(len - done, text_end - text_at);
		if (!part)
			break;
		if (copy_to_user(buf + done, text + text_at, part)) {
			tcpp_count(copy_failed);
			return done ?: -EFAULT;
		}
		WRITE_ONCE(text_at, text_at + part);
		done += part;
		cond_resched();
	}
	return done;
}

static ssize_t log_read(struct file *file, char __user *buf, size_t len,
			loff_t *ppos)
{
	ssize_t done;

	if (!len)
		return 0;
	for (;;) {
		if (!(file->f_flags & O_NONBLOCK) &&
		    wait_event_interruptible(*tcpp_log_wait, readable_or_arm()))
			return -ERESTARTSYS;
		if (mutex_lock_interruptible(&read_lock))
			return -ERESTARTSYS;
		done = copy_text(buf, len);
		mutex_unlock(&read_lock);
		if (done || READ_ONCE(ending))
			return done; /* 0 is the end: the module goes */
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		cond_resched();
	}
}

static __poll_t log_poll(struct file *file, poll_table *table)
{
	WRITE_ONCE(polled, true);
	poll_wait(file, tcpp_log_wait, table);
	return readable_or_arm() ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct proc_ops log_ops = {
	.proc_open = log_open,
	.proc_release = log_release,
	.proc_read = log_read,
	.proc_poll = log_poll,
	.proc_lseek = noop_llseek,
};

/* Our line in the statistics about the log that is open, or was. */
void tcpp_data_file_show(struct seq_file *seq)
{
	struct tcpp_counters before, now;
	/* true only once the times are this log's */
	bool open = smp_load_acquire(&tcpp_log_is_active);
	u64 read = READ_ONCE(count);

	/* in this order no count is ahead of the one it is taken from */
	before = at_open;
	tcpp_counters_sum(&now);
	seq_printf(seq, "Log: open %d monotonic_ns %llu realtime_ns %llu ",
		   open, zero_ns, zero_real_ns);
	seq_printf(seq, "written %llu lost %llu read %llu\n",
		   now.written - before.written,
		   now.ring_full - before.ring_full, read);
}

int tcpp_data_file_init(void)
{
	if (mode & ~0777)
		return -EINVAL;
	if (!proc_create(DATA_NAME, mode, init_net.proc_net, &log_ops))
		return -ENOMEM;
	if (!proc_create(DATA_ALIAS, mode, init_net.proc_net, &log_ops)) {
		remove_proc_entry(DATA_NAME, init_net.proc_net);
		return -ENOMEM;
	}
	return 0;
}

/*
 * Lets a reader have the last records, then takes the files away. True if
 * somebody may still be on the wait queue.
 */
bool tcpp_data_file_exit(void)
{
	unsigned int waited;
	bool sleeping;

	WRITE_ONCE(tcpp_log_is_active, false);
	WRITE_ONCE(ending, true);
	wake_up_all(tcpp_log_wait);
	for (waited = 0; waited < DRAIN_MS; waited += 20) {
		if (!atomic_read(&is_open))
			break;
		if (!tcpp_rings_available() && text_at == text_end)
			break;
		msleep(20);
	}

	sleeping = atomic_read(&is_open) && READ_ONCE(polled);
	remove_proc_entry(DATA_ALIAS, init_net.proc_net);
	remove_proc_entry(DATA_NAME, init_net.proc_net);

	/*
	 * A process may still sleep in poll() with its entry on the queue, and
	 * proc does not wait for that. Leave it the few bytes to leave from.
	 */
	return sleeping;
}
