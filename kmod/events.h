/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_EVENTS_H
#define TCPP_EVENTS_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct tcpp_record;

void tcpp_on_receive(struct sock *sk, struct sk_buff *skb);
void tcpp_on_transmit(struct sock *sk, const struct sk_buff *skb, u32 rcv_nxt);
void tcpp_on_retransmit_timer(struct sock *sk);
void tcpp_on_probe_timer(struct sock *sk);
void tcpp_on_state(struct sock *sk, int from, int to);
void tcpp_on_done(struct sock *sk);
void tcpp_on_destroy(struct sock *sk);
void tcpp_on_purged(struct tcpp_record *purged);

#endif
