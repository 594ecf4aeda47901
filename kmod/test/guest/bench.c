// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the module costs, counted by the guest's clock, which under QEMU's
 * -icount ticks once per instruction.
 *
 *   bench exchange ROUNDS BYTES   both ends of one connection in one thread,
 *                                 never idle: prints ns for all rounds
 *   bench read FILE               reads to the end without blocking: prints
 *                                 "ns bytes lines"
 *   bench hold FILE COMMAND...    keeps FILE open (unread) while COMMAND runs,
 *                                 then reads it as `read` does
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buffer[1 << 16];

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void pass(int from, int to, size_t bytes)
{
	if (write(from, buffer, bytes) != (ssize_t)bytes)
		fail("write");
	for (size_t got = 0; got < bytes;) {
		ssize_t n = read(to, buffer, bytes - got);

		if (n <= 0)
			fail("read");
		got += n;
	}
}

static void exchange(long rounds, size_t bytes)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(5001) };
	int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	int a = socket(AF_INET, SOCK_STREAM, 0), b;
	long long begin;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (void *)&address, sizeof(address)) ||
	    listen(listener, 1) ||
	    connect(a, (void *)&address, sizeof(address)))
		fail("connect");
	b = accept(listener, NULL, NULL);
	setsockopt(a, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(b, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	for (int i = 0; i < 200; i++) {
		pass(a, b, bytes);
		pass(b, a, bytes);
	}
	begin = now();
	for (long i = 0; i < rounds; i++) {
		pass(a, b, bytes);
		pass(b, a, bytes);
	}
	printf("exchange %lld\n", now() - begin);
	fflush(stdout);
}

static void drain(int fd)
{
	long long begin = now(), bytes = 0, lines = 0, spent;
	char *kept = malloc(256 << 20);
	ssize_t n;

	if (!kept)
		fail("malloc");
	memset(kept, 0, 256 << 20);
	begin = now();
	while ((n = read(fd, kept + bytes, sizeof(buffer))) > 0)
		bytes += n;
	spent = now() - begin;
	for (long long i = 0; i < bytes; i++)
		lines += kept[i] == '\n';
	printf("read %lld %lld %lld\n", spent, bytes, lines);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "exchange")) {
		exchange(atol(argv[2]), atol(argv[3]));
	} else if (argc == 3 && !strcmp(argv[1], "read")) {
		drain(open(argv[2], O_RDONLY | O_NONBLOCK));
	} else if (argc > 3 && !strcmp(argv[1], "hold")) {
		int fd = open(argv[2], O_RDONLY | O_NONBLOCK);

		if (fd < 0)
			fail(argv[2]);
		if (!fork()) {
			execvp(argv[3], argv + 3);
			_exit(1);
		}
		wait(NULL);
		drain(fd);
	} else {
		return 2;
	}
	return 0;
}
