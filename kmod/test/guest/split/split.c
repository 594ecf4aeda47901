// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function with the name that a compiler gives to a piece of another one,
 * for ftrace to find.
 */
#include <linux/module.h>

int piece(int number) __asm__("tcp_done.isra.0");

noinline int piece(int number)
{
	return number + 1;
}

static int __init split_init(void)
{
	return piece(0) == 1 ? 0 : -EINVAL;
}

static void __exit split_exit(void)
{
}

module_init(split_init);
module_exit(split_exit);
MODULE_DESCRIPTION("a piece of tcp_done(), for a test");
MODULE_LICENSE("GPL");
