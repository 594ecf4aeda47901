/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types as far as they are read here. Only names count: each
 * offset and size is moved to the running kernel's when the object is loaded
 * (CO-RE), so the order of the members and those left out do not matter.
 */
#ifndef TCPP_BPF_KERNEL_H
#define TCPP_BPF_KERNEL_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u32 __wsum;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef _Bool bool;

#define NULL ((void *)0)
#define true 1
#define false 0

enum bpf_map_type {
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_RB_NO_WAKEUP = 1,
};

#define BPF_F_MMAPABLE (1U << 10)

#define IPPROTO_TCP 6
#define AF_INET 2
#define AF_INET6 10

/* include/net/tcp_states.h */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
	TCP_NEW_SYN_RECV,
};

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_ACK 0x10
#define FLAG_ECE 0x40
#define FLAG_CWR 0x80

/* enum tcp_ca_state */
#define CA_CWR 2
#define CA_RECOVERY 3

/* tcp_sock.ecn_flags; the last one exists from AccECN on */
#define ECN_RFC3168 1
#define ECN_QUEUE_CWR 2
#define ECN_DEMAND_CWR 4
#define ECN_ACCECN 16

/* enum sock_flags */
#define SOCK_DEAD 0
#define SOCK_LINGER 4

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	long long counter;
} atomic64_t;

typedef struct {
	struct net *net;
} possible_net_t;

struct sock_common {
	u64 skc_addrpair; /* skc_daddr, skc_rcv_saddr */
	u32 skc_portpair; /* skc_dport, skc_num */
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	unsigned long skc_flags;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	atomic64_t skc_cookie;
};

struct kernfs_node {
	u64 id;
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct sock_cgroup_data {
	struct cgroup *cgroup;
};

typedef struct {
	int owned;
} socket_lock_t;

struct sock {
	struct sock_common __sk_common;
	socket_lock_t sk_lock;
	u16 sk_protocol;
	unsigned long sk_pacing_rate;
	struct sock_cgroup_data sk_cgrp_data;
};

/* Before 5.15. */
struct sock_cgroup_data___val {
	u64 val;
};

struct sock___cgroup_val {
	struct sock_cgroup_data___val sk_cgrp_data;
};

struct inet_sock {
	struct sock sk;
	__be32 inet_saddr;
	__be16 inet_sport;
};

struct tcp_congestion_ops {
	char name[16];
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	u32 icsk_rto;
	const struct tcp_congestion_ops *icsk_ca_ops;
	u8 icsk_ca_state : 5;
	u64 icsk_ca_priv[13];
};

struct minmax_sample {
	u32 t;
	u32 v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct request_sock;

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 snd_wnd;
	u32 mss_cache;
	u32 snd_cwnd;
	u32 lost_out;
	u32 sacked_out;
	u32 copied_seq;
	u32 rttvar_us;
	u32 retrans_out;
	u32 snd_ssthresh;
	struct minmax rtt_min;
	u64 bytes_sent;
	u8 chrono_type : 2;
	u32 chrono_start;
	u32 chrono_stat[3];
	u32 write_seq;
	u32 mdev_us;
	u8 ecn_flags;
	u32 rcv_nxt;
	u32 snd_nxt;
	u32 snd_una;
	u32 srtt_us;
	u32 packets_out;
	u32 delivered;
	u32 app_limited;
	u32 rcv_wnd;
	u32 rate_delivered;
	u32 rate_interval_us;
	u64 bytes_acked;
	u8 frto : 1;
	u8 repair : 1;
	u32 total_retrans;
	struct request_sock *fastopen_rsk;
};

struct sk_buff {
	unsigned int len;
	__be16 protocol;
	char cb[48];
};

struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
	u16 tcp_gso_segs;
	__u8 tcp_flags;
	__u32 ack_seq;
};

/* net/ipv4/tcp_cubic.c */
struct bictcp {
	u32 cnt;
	u32 last_max_cwnd;
	u32 bic_origin_point;
	u32 bic_K;
	u32 delay_min;
	u32 epoch_start;
	u32 tcp_cwnd;
	u8 found;
};

/* net/ipv4/tcp_bbr.c: what its first and its third version have in common */
struct bbr {
	u32 min_rtt_us;
	struct minmax bw; /* not in the third */
	u32 mode : 3;
	u32 lt_use_bw : 1;
	u32 lt_bw;
	u32 pacing_gain : 10;
	u32 cwnd_gain : 10;
};

/* The last one came with Linux 5.12, as did the helper for cookies here. */
struct bpf_prog_info {
	u64 recursion_misses;
};

#pragma clang attribute pop

#endif
