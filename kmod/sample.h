/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCPP_SAMPLE_H
#define TCPP_SAMPLE_H

#include <linux/types.h>

struct sk_buff;
struct sock;
struct tcpp_flow;
struct tcpp_record;

void tcpp_sample_state(struct tcpp_record *record, const struct tcpp_flow *flow,
		       struct sock *sk);
void tcpp_sample_received(struct tcpp_record *record,
			  const struct tcpp_flow *flow,
			  const struct sk_buff *skb);
void tcpp_sample_sent(struct tcpp_record *record, const struct tcpp_flow *flow,
		      const struct sock *sk, const struct sk_buff *skb,
		      u32 rcv_nxt);
void tcpp_sample_no_packet(struct tcpp_record *record,
			   const struct tcpp_flow *flow, const struct sock *sk);

#endif
