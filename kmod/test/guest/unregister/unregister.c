// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes the congestion control that new sockets get, CUBIC, off the kernel's
 * list, so that another of that name can be loaded where it is built in.
 */
#include <linux/module.h>
#include <linux/net.h>
#include <net/inet_connection_sock.h>
#include <net/tcp.h>

static int __init unregister_init(void)
{
	struct tcp_congestion_ops *ops;
	struct socket *sock;
	int err;

	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return err;
	ops = (struct tcp_congestion_ops *)inet_csk(sock->sk)->icsk_ca_ops;
	sock_release(sock);
	if (strcmp(ops->name, "cubic"))
		return -ENOENT;
	tcp_unregister_congestion_control(ops);
	return 0;
}

/* It cannot be registered again, and so this stays. */
module_init(unregister_init);
MODULE_DESCRIPTION("makes room for another CUBIC, for a test");
MODULE_LICENSE("GPL");
