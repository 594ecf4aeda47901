/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_DATA_FILE_H
#define TCPP_DATA_FILE_H

#include <linux/types.h>

struct seq_file;

int tcpp_data_file_init(void);
bool tcpp_data_file_exit(void);

void tcpp_data_file_show(struct seq_file *seq);
size_t tcpp_data_file_record_bytes(void);

#endif
