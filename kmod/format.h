/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_FORMAT_H
#define TCPP_FORMAT_H

#include <linux/types.h>

struct seq_file;
struct tcpp_record;

/* Room that the longest line needs. */
#define TCPP_LINE_MAX 1024

size_t tcpp_format_record(char *out, const struct tcpp_record *record,
			  u64 number, u64 zero_ns);
void tcpp_format_fields(struct seq_file *seq, bool extended);

#endif
