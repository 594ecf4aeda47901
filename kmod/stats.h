/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_STATS_H
#define TCPP_STATS_H

int tcpp_stats_init(void);
void tcpp_stats_exit(void);

#endif
