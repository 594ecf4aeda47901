// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/tcpprobe, the data file, and /proc/net/tcpprobe_data, the same under
 * its older name; /proc/net/tcpprobe_records gives the same records in binary.
 * Opening any of them begins a log, one at a time; closing ends it.
 *
 * Unload while the file is open is allowed. Nothing holds a reference on the
 * module: proc waits for calls in progress and closes the file itself.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <net/net_namespace.h>

#include "binary.h"
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
#define DATA_BINARY "tcpprobe_records"

enum {
	TEXT_SIZE = 64 << 10, /* bytes of text made at a time */
	DRAIN_MS = 2000, /* how long unload lets a reader finish */
};

#define MODE_DEFAULT 0400

static umode_t mode = MODE_DEFAULT;

/*
 * Octal, with or without a leading 0. Only reading can be allowed. A mode
 * without any bit is refused: to proc it would mean "readable by all".
 */
static int mode_write(const char *param, const struct kernel_param *kp)
{
	u16 value;

	if (kstrtou16(param, 8, &value) || value & ~0777 || !(value & 0444))
		return -EINVAL;
	mode = value & 0444;
	return 0;
}

static int mode_read(char *buffer, const struct kernel_param *kp)
{
	return sprintf(buffer, "%#o\n", mode);
}

static const struct kernel_param_ops mode_ops = {
	.set = mode_write,
	.get = mode_read,
};
module_param_cb(mode, &mode_ops, NULL, 0444);
MODULE_PARM_DESC(mode, "who may read /proc/net/tcpprobe, octal (0400)");

static atomic_t is_open; /* one reader at a time */
static bool ending; /* unload has begun; READ/WRITE_ONCE */

/*
 * Was the open file polled? Then its poller may still be on the wait queue.
 * READ/WRITE_ONCE; false again once the last one has closed it.
 */
static bool polled;

/* The consumer's side of the rings, and all that follows. */
static DEFINE_MUTEX(read_lock);
static char *text; /* lines, or records, made but not yet read */
static size_t text_at;
static size_t text_end;
static u64 number; /* of the last record made into text */
static u64 count; /* records made into text */

/* Set at open. */
static size_t record_bytes; /* of a binary record; 0: lines; READ/WRITE_ONCE */
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

static size_t bytes_by_setting(void)
{
	return tcpp_binary_bytes(READ_ONCE(tcpp_conf.extended));
}

static int begin_log(struct inode *inode, struct file *file, bool as_binary)
{
	char *buffer;

	if (file->f_mode & FMODE_WRITE)
		return -EACCES; /* it would keep readers out for nothing */
	/* uid 0 of a container with the host's network is not enough */
	if (mode == MODE_DEFAULT && !capable(CAP_NET_ADMIN))
		return -EPERM;
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
	WRITE_ONCE(record_bytes, as_binary ? bytes_by_setting() : 0);
	text_at = 0;
	text_end = 0;
	number = 0;
	count = 0;
	tcpp_counters_sum(&at_open);
	zero_ns = ktime_get_ns();
	zero_real_ns = ktime_get_real_ns();
	tcpp_flow_start();
	tcpp_purge_start();
	/* all of the above before a hook sees that the log is open */
	smp_store_release(&tcpp_log_is_active, true);
	/*
	 * No position, and no lock on it that a second read() would wait for
	 * beyond any signal. sendfile() takes no file that cannot be sought;
	 * whoever does seek is told by log_lseek().
	 */
	stream_open(inode, file);
	file->f_mode |= FMODE_LSEEK;
	return 0;
}

static int log_open(struct inode *inode, struct file *file)
{
	return begin_log(inode, file, false);
}

static int log_open_binary(struct inode *inode, struct file *file)
{
	return begin_log(inode, file, true);
}

static loff_t log_lseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
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
	/*
	 * Closed by its owner, nobody polls it any more: poll holds the file,
	 * and epoll lets go of it before this. Closed by proc at unload, they
	 * may still be on the queue.
	 */
	if (!READ_ONCE(ending))
		WRITE_ONCE(polled, false);
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
		if (record_bytes)
			length += tcpp_binary_record(text + length, record,
						     number, record_bytes);
		else
			length += tcpp_format_record(text + length, record,
						     number, zero_ns);
		tcpp_rings_release();
		made++;
	}
	WRITE_ONCE(text_at, 0);
	WRITE_ONCE(text_end, length);
	count += made;
	this_cpu_add(tcpp_counters.read, made);
}

/*
 * How much of the waiting text goes into @room: whole lines or records. Where
 * not even one fits, a part of it, unless there is something in the buffer
 * already (@done).
 */
static size_t part_for(size_t room, bool done)
{
	size_t waiting = text_end - text_at;
	size_t part = room;

	if (waiting <= room)
		return waiting;
	if (record_bytes)
		part -= min(part, (text_at + part) % record_bytes);
	else
		while (part && text[text_at + part - 1] != '\n')
			part--;
	return part || done ? part : room;
}

/*
 * Copies text until there is no more room or no more of it, but at most a
 * piece once a signal has come. Under read_lock.
 */
static ssize_t copy_text(struct iov_iter *to)
{
	size_t done = 0;

	while (iov_iter_count(to)) {
		size_t part, copied;
		bool all;

		if (text_at == text_end)
			fill_text();
		part = part_for(iov_iter_count(to), done);
		if (!part)
			break;
		all = part == text_end - text_at;
		copied = copy_to_iter(text + text_at, part, to);
		WRITE_ONCE(text_at, text_at + copied);
		done += copied;
		if (copied < part) {
			if (done)
				break; /* or a pipe is full */
			tcpp_count(copy_failed);
			return -EFAULT;
		}
		if (!all || signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static ssize_t log_read(struct kiocb *iocb, struct iov_iter *to)
{
	bool nowait = iocb->ki_filp->f_flags & O_NONBLOCK ||
		      iocb->ki_flags & IOCB_NOWAIT;
	ssize_t done;

	if (!iov_iter_count(to))
		return 0;
	for (;;) {
		if (!nowait &&
		    wait_event_interruptible(*tcpp_log_wait, readable_or_arm()))
			return -ERESTARTSYS;
		if (mutex_lock_interruptible(&read_lock))
			return -ERESTARTSYS;
		done = copy_text(to);
		mutex_unlock(&read_lock);
		/*
		 * Who waits for an edge does not ask poll again: a read that
		 * left room is the last that he does before he waits.
		 */
		if (iov_iter_count(to) && READ_ONCE(polled) &&
		    readable_or_arm())
			tcpp_log_wake_now();
		if (done || READ_ONCE(ending))
			return done; /* 0 is the end: the module goes */
		if (nowait)
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
	.proc_read_iter = log_read,
	.proc_poll = log_poll,
	.proc_lseek = log_lseek,
};

static const struct proc_ops binary_ops = {
	.proc_open = log_open_binary,
	.proc_release = log_release,
	.proc_read_iter = log_read,
	.proc_poll = log_poll,
	.proc_lseek = log_lseek,
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

/* Of the binary log that is open; or else of one that is opened now. */
size_t tcpp_data_file_record_bytes(void)
{
	size_t bytes = 0;

	if (tcpp_log_begun())
		bytes = READ_ONCE(record_bytes);
	return bytes ?: bytes_by_setting();
}

static void remove_files(void)
{
	remove_proc_entry(DATA_BINARY, init_net.proc_net);
	remove_proc_entry(DATA_ALIAS, init_net.proc_net);
	remove_proc_entry(DATA_NAME, init_net.proc_net);
}

int tcpp_data_file_init(void)
{
	struct proc_dir_entry *folder = init_net.proc_net;

	if (proc_create(DATA_NAME, mode, folder, &log_ops) &&
	    proc_create(DATA_ALIAS, mode, folder, &log_ops) &&
	    proc_create(DATA_BINARY, mode, folder, &binary_ops))
		return 0;
	remove_proc_subtree(DATA_BINARY, folder);
	remove_proc_subtree(DATA_ALIAS, folder);
	remove_proc_subtree(DATA_NAME, folder);
	return -ENOMEM;
}

/*
 * Lets a reader have the last records, then takes the files away. True if
 * somebody may still be on the wait queue.
 */
bool tcpp_data_file_exit(void)
{
	unsigned int waited;

	WRITE_ONCE(tcpp_log_is_active, false);
	WRITE_ONCE(ending, true);
	wake_up_all(tcpp_log_wait);
	for (waited = 0; waited < DRAIN_MS; waited += 20) {
		if (!atomic_read(&is_open))
			break;
		if (!tcpp_rings_available() &&
		    READ_ONCE(text_at) == READ_ONCE(text_end))
			break;
		msleep(20);
	}

	/* When all have returned nobody is in a function of ours. */
	remove_files();

	/*
	 * A process may still sleep in poll(), or have the file in an epoll,
	 * with its entry on the queue; proc does not wait for that. Asked only
	 * now, since up to here it may have begun to poll.
	 */
	return READ_ONCE(polled);
}
