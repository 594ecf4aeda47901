/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_BINARY_H
#define TCPP_BINARY_H

#include <linux/types.h>

#include "record.h"

struct seq_file;

/* A record in /proc/net/tcpprobe_records: its number, and all of it. */
#define TCPP_BINARY_BYTES (sizeof(u64) + sizeof(struct tcpp_record))

size_t tcpp_binary_record(char *out, const struct tcpp_record *record,
			  u64 number);
void tcpp_binary_show(struct seq_file *seq);

#endif
