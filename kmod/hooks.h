/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_HOOKS_H
#define TCPP_HOOKS_H

struct seq_file;

int tcpp_hooks_attach(void);
void tcpp_hooks_detach(void);
void tcpp_hooks_show(struct seq_file *seq);

#endif
