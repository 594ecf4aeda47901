/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_BINARY_H
#define TCPP_BINARY_H

#include <linux/types.h>

struct seq_file;
struct tcpp_record;

size_t tcpp_binary_bytes(bool extended);
size_t tcpp_binary_record(char *out, const struct tcpp_record *record,
			  u64 number, size_t bytes);
void tcpp_binary_show(struct seq_file *seq, size_t bytes);

#endif
