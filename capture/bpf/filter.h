/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which connections are captured, as the loader has set it.
 */
#ifndef TCPP_BPF_FILTER_H
#define TCPP_BPF_FILTER_H

#define MAX_PORT_RANGES 16
#define MAX_HOSTS 16
#define MAX_CGROUP_DEPTH 32

/*
 * Set before the object is loaded, so that what is not asked for costs nothing.
 * A connection has to pass all of it; 0: that does not matter.
 */
struct settings {
	u32 extended;
	u32 netns;
	u32 port_ranges;
	u32 v4_hosts;
	u32 v6_hosts;
	u32 sample; /* one in so many */
	u32 pid;
	/* of port_ranges 1 and a range of 1, the port in both orders; 0: look there */
	u16 port;
	__be16 port_be;
	u32 narrowed; /* 1: by more than ports */
	u32 unused;
	u64 cgroup;
	struct {
		u16 first;
		u16 last;
	} ports[MAX_PORT_RANGES];
	struct {
		u32 address;
		u32 mask;
	} v4[MAX_HOSTS];
	struct {
		u64 address[2];
		u64 mask[2];
	} v6[MAX_HOSTS];
};

const volatile struct settings settings;

/* Sockets of the process that is asked for. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u8);
} owned SEC(".maps");

static __always_inline bool port_within(u32 i, u16 local, u16 remote)
{
	u16 first = settings.ports[i].first;
	u16 size = settings.ports[i].last - first;

	return (u16)(local - first) <= size || (u16)(remote - first) <= size;
}

static __always_inline bool port_wanted(u16 local, u16 remote)
{
	u32 i;

	if (port_within(0, local, remote))
		return true;
	for (i = 1; i < MAX_PORT_RANGES && i < settings.port_ranges; i++) {
		if (port_within(i, local, remote))
			return true;
	}
	return false;
}

#define is_mapped(high, low) (!(high) && (u32)(low) == 0xffff0000)

static __always_inline bool v4_within(u32 local, u32 remote)
{
	u32 i;

	for (i = 0; i < MAX_HOSTS && i < settings.v4_hosts; i++) {
		u32 address = settings.v4[i].address, mask = settings.v4[i].mask;

		if (!((remote ^ address) & mask) || !((local ^ address) & mask))
			return true;
	}
	return false;
}

static __always_inline bool v6_within(const u64 *local, const u64 *remote)
{
	u64 r0 = remote[0], r1 = remote[1], l0 = local[0], l1 = local[1];
	u32 i;

	for (i = 0; i < MAX_HOSTS && i < settings.v6_hosts; i++) {
		u64 a0 = settings.v6[i].address[0], a1 = settings.v6[i].address[1];
		u64 m0 = settings.v6[i].mask[0], m1 = settings.v6[i].mask[1];

		if (!(((r0 ^ a0) & m0) | ((r1 ^ a1) & m1)) || !(((l0 ^ a0) & m0) | ((l1 ^ a1) & m1)))
			return true;
	}
	return false;
}

/* Is the host at either end asked for? */
static __always_inline bool host_wanted(const struct sock_common *common)
{
	u64 pair;

	if (common->skc_family == AF_INET6) {
		const u64 *remote = (const u64 *)&common->skc_v6_daddr;

		if (!is_mapped(remote[0], remote[1]))
			return v6_within((const u64 *)&common->skc_v6_rcv_saddr, remote);
	}
	pair = common->skc_addrpair;
	return v4_within(pair >> 32, pair);
}

/*
 * The same answer at both ends of a connection and on every host: a hash
 * (MurmurHash3's finalizer) of both addresses and both ports, each XORed.
 */
static __always_inline bool sampled(const struct sock_common *common, u16 local_port, u16 remote_port)
{
	u64 hash = (u32)common->skc_addrpair ^ common->skc_addrpair >> 32;

	if (common->skc_family == AF_INET6) {
		const u64 *remote = (const u64 *)&common->skc_v6_daddr;
		const u64 *local = (const u64 *)&common->skc_v6_rcv_saddr;
		u64 high = remote[0], low = remote[1];

		if (!is_mapped(high, low))
			hash = high ^ low ^ local[0] ^ local[1];
	}
	hash ^= (u64)(local_port ^ remote_port) << 32;
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdULL;
	hash ^= hash >> 33;
	hash *= 0xc4ceb9fe1a85ec53ULL;
	hash ^= hash >> 33;
	return !((hash >> 32) * settings.sample >> 32);
}

/* Was it made in this cgroup, or one below it? */
static __always_inline bool cgroup_wanted(const struct sock *sk)
{
	const struct cgroup *cgroup;
	u32 i;

	if (bpf_core_field_exists(sk->sk_cgrp_data.cgroup)) {
		cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);
	} else if (bpf_core_field_exists(((struct sock___cgroup_val *)sk)->sk_cgrp_data.val)) {
		/* before 5.15; the lowest bit says that it is something else */
		u64 val = BPF_CORE_READ((struct sock___cgroup_val *)sk, sk_cgrp_data.val);

		cgroup = val & 1 ? NULL : (const struct cgroup *)val;
	} else {
		return false;
	}
	for (i = 0; i < MAX_CGROUP_DEPTH && cgroup; i++) {
		if (BPF_CORE_READ(cgroup, kn, id) == settings.cgroup)
			return true;
		cgroup = BPF_CORE_READ(cgroup, self.parent, cgroup);
	}
	return false;
}

/* What a process opens, accepts, sends or reads on is its own from then on. */
static __always_inline void take(const struct sock *sk)
{
	u64 key = (u64)sk;
	u8 yes = 1;

	if (settings.pid && bpf_get_current_pid_tgid() >> 32 == settings.pid)
		bpf_map_update_elem(&owned, &key, &yes, BPF_ANY);
}

/*
 * The first look at a segment, where ports are asked for: what is rejected here
 * has cost little, as the rest stands in a function of its own, for which no
 * register has to be saved.
 */
static __always_inline bool ports_rejected(const struct sock *sk)
{
	u16 local, only;
	u32 ports;

	if (!settings.port_ranges)
		return false;
	ports = sk->__sk_common.skc_portpair;
	local = ports >> 16;
	/* known to itself only, and looked at later */
	if (!local)
		return false;
	only = settings.port;
	if (only)
		return local != only && (u16)ports != settings.port_be;
	return !port_wanted(local, __builtin_bswap16(ports));
}

/* By all that is not about ports alone */
static __always_inline bool narrowed_to(const struct sock *sk, u16 local, u16 remote)
{
	/* one that has no port yet cannot be told from the others */
	if (settings.sample && local && !sampled(&sk->__sk_common, local, remote))
		return false;
	if (settings.netns && sk->__sk_common.skc_net.net->ns.inum != settings.netns)
		return false;
	if ((settings.v4_hosts || settings.v6_hosts) && !host_wanted(&sk->__sk_common))
		return false;
	if (settings.pid) {
		u64 key = (u64)sk;

		if (!bpf_map_lookup_elem(&owned, &key))
			return false;
	}
	return !settings.cgroup || cgroup_wanted(sk);
}

/* Is this a connection that the settings ask for? `looked`: ports_rejected() has let it pass. Its TCP socket, or NULL. */
static __always_inline const struct tcp_sock *wanted_by_all(const struct sock *sk, bool looked)
{
	const struct tcp_sock *tp = (const struct tcp_sock *)bpf_skc_to_tcp_sock((void *)sk);

	if (tp && (settings.port_ranges || settings.narrowed)) {
		u32 ports = sk->__sk_common.skc_portpair;
		u16 local = ports >> 16;
		u16 remote = __builtin_bswap16(ports);

		/* A socket that closes has given its port back, and knows it still. */
		if (!local) {
			local = __builtin_bswap16(tp->inet_conn.icsk_inet.inet_sport);
			looked = false;
		}
		if (settings.port_ranges && !looked && !port_wanted(local, remote))
			return NULL;
		if (settings.narrowed && !narrowed_to(sk, local, remote))
			return NULL;
	}
	return tp;
}

#define wanted(sk) wanted_by_all(sk, false)

#endif
