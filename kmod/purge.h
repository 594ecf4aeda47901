/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_PURGE_H
#define TCPP_PURGE_H

void tcpp_purge_start(void);
void tcpp_purge_stop(void);

#endif
