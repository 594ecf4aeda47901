// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings under /proc/sys/net/tcpprobe_plus/ and, with the same names and
 * limits, as module parameters.
 */
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "sysctl.h"

#define SYSCTL_PATH "net/tcpprobe_plus"

struct tcpp_conf tcpp_conf __read_mostly = {
	.bufsize = 4096,
	.readnum = 10,
	.full = 1,
	.maxflows = 1000,
	.purgetime = 300,
};

struct setting {
	const char *name;
	unsigned int *value;
	unsigned int min;
	unsigned int max;
	umode_t mode;
};

enum {
	BUFSIZE,
	READNUM,
	DEBUG_LEVEL,
	FULL,
	HASHSIZE,
	MAXFLOWS,
	PORT,
	PROBETIME,
	PURGETIME,
	EXTENDED,
	SETTINGS
};

static const struct setting settings[SETTINGS] = {
	[BUFSIZE] = { "bufsize", &tcpp_conf.bufsize, 1, 1U << 22,
		      0444 }, /* 1 GiB */
	[READNUM] = { "readnum", &tcpp_conf.readnum, 1, 1U << 30, 0644 },
	[DEBUG_LEVEL] = { "debug", &tcpp_conf.debug, 0, 2, 0644 },
	[FULL] = { "full", &tcpp_conf.full, 0, 1, 0644 },
	[HASHSIZE] = { "hashsize", &tcpp_conf.hashsize, 0, 1U << 24, 0444 },
	[MAXFLOWS] = { "maxflows", &tcpp_conf.maxflows, 1, 100000000, 0644 },
	[PORT] = { "port", &tcpp_conf.port, 0, 65535, 0644 },
	[PROBETIME] = { "probetime", &tcpp_conf.probetime, 0, 86400000,
			0644 }, /* a day */
	[PURGETIME] = { "purgetime", &tcpp_conf.purgetime, 1, 1000000,
			0644 }, /* 11 days */
	[EXTENDED] = { "extended", &tcpp_conf.extended, 0, 1, 0644 },
};

/*
 * Takes a whole decimal number within the setting's limits, else EINVAL. A
 * number with a leading 0 is refused: to other sysctls it is octal.
 */
static int setting_write(const struct setting *setting, const char *text)
{
	unsigned int value;

	if (!isdigit(text[0]) || (text[0] == '0' && isdigit(text[1])))
		return -EINVAL;
	if (kstrtouint(text, 10, &value))
		return -EINVAL;
	if (value < setting->min || value > setting->max)
		return -EINVAL;
	WRITE_ONCE(*setting->value, value);
	return 0;
}

static int param_write(const char *text, const struct kernel_param *kp)
{
	return setting_write(kp->arg, skip_spaces(text));
}

static int param_read(char *text, const struct kernel_param *kp)
{
	const struct setting *setting = kp->arg;

	return sprintf(text, "%u\n", READ_ONCE(*setting->value));
}

static const struct kernel_param_ops param_ops_setting = {
	.set = param_write,
	.get = param_read,
};

#define PARAM(field, index)                                                  \
	module_param_cb(field, &param_ops_setting, (void *)&settings[index], \
			0444)

PARAM(bufsize, BUFSIZE);
PARAM(readnum, READNUM);
PARAM(debug, DEBUG_LEVEL);
PARAM(full, FULL);
PARAM(hashsize, HASHSIZE);
PARAM(maxflows, MAXFLOWS);
PARAM(port, PORT);
PARAM(probetime, PROBETIME);
PARAM(purgetime, PURGETIME);
PARAM(extended, EXTENDED);

MODULE_PARM_DESC(bufsize,
		 "records per CPU, rounded up to a power of two (4096)");
MODULE_PARM_DESC(readnum, "records that end the wait of a read (10)");
MODULE_PARM_DESC(debug, "messages: 0 none, 1 flows, 2 records (0)");
MODULE_PARM_DESC(full,
		 "1 every packet, 0 only when the flow's cwnd changed (1)");
MODULE_PARM_DESC(hashsize, "hash buckets, 0 from the memory size (0)");
MODULE_PARM_DESC(maxflows, "flows followed at most (1000)");
MODULE_PARM_DESC(port, "port that either end must have, 0 all (0)");
MODULE_PARM_DESC(probetime, "ms between two samples of a flow's direction (0)");
MODULE_PARM_DESC(purgetime, "s without a packet that end a flow (300)");
MODULE_PARM_DESC(extended, "1 prints the further fields (0)");

static int setting_handler(TCPP_CTL_CONST struct ctl_table *table, int write,
			   void *buffer, size_t *len, loff_t *ppos)
{
	const struct setting *setting = table->extra1;
	struct ctl_table copy = *table;
	char text[32];
	size_t n;

	if (!write) {
		/* the same as the original but for the constness */
		copy.data = setting->value;
		return proc_douintvec(&copy, 0, buffer, len, ppos);
	}

	n = *len;
	if (!n)
		return 0;
	if (*ppos || n >= sizeof(text) || memchr(buffer, '\0', n))
		return -EINVAL;
	memcpy(text, buffer, n);
	text[n] = '\0';
	if (setting_write(setting, strim(text)))
		return -EINVAL;
	*ppos += n;
	return 0;
}

/* with an empty entry at the end, which older kernels look for */
static struct ctl_table table[SETTINGS + 1];
static struct ctl_table_header *header;

int tcpp_sysctl_init(void)
{
	unsigned int i;

	for (i = 0; i < SETTINGS; i++) {
		table[i].procname = settings[i].name;
		table[i].data = settings[i].value;
		table[i].maxlen = sizeof(unsigned int);
		table[i].mode = settings[i].mode;
		table[i].proc_handler = setting_handler;
		table[i].extra1 = (void *)&settings[i];
	}
	header = tcpp_register_sysctl(SYSCTL_PATH, table, SETTINGS);
	return header ? 0 : -ENOMEM;
}

void tcpp_sysctl_exit(void)
{
	unregister_net_sysctl_table(header);
}
