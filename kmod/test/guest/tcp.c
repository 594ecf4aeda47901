// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections with an exactly known course, for the guest tests.
 *
 *   tcp sink PORT [pause=MS] [rcvbuf=BYTES] [unread] [reply=BYTES] [until=FILE]
 *            [mptcp]
 *       accepts for ever; reads everything from each connection (after a
 *       pause), answers the end with `reply` bytes, closes. unread: closes with
 *       data unread instead, which sends a RST. until: ends its side once
 *       that file is there.
 *   tcp send HOST PORT BYTES [cc=NAME] [sport=PORT] [abort] [half] [hold=MS]
 *            [every=MS] [chunk=BYTES] [wait=MS] [pace=BYTES_A_SECOND]
 *            [until=FILE] [mptcp]
 *       sends BYTES (chunk by chunk, every so many ms), then closes. abort:
 *       SO_LINGER 0, which sends a RST. half: shuts down its side and reads
 *       until the other end closes. hold: stays open so long before the close;
 *       until: until that file is there; wait: before the first byte.
 *   tcp churn HOST PORT PER_SECOND SECONDS [BYTES]
 *       that many short connections, many at a time where the path is slow.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 /* not in the oldest C library's headers */
#endif

#define CHURN_MOST 1000 /* connections at a time */

static int argc_;
static char **argv_;
static char data[1 << 16];

static const char *option(const char *name)
{
	size_t n = strlen(name);

	for (int i = 2; i < argc_; i++) {
		if (!strncmp(argv_[i], name, n)) {
			if (argv_[i][n] == '=')
				return argv_[i] + n + 1;
			if (!argv_[i][n])
				return "";
		}
	}
	return NULL;
}

static long number(const char *name)
{
	const char *text = option(name);

	return text ? atol(text) : 0;
}

static int protocol(void)
{
	return option("mptcp") ? IPPROTO_MPTCP : 0;
}

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	if (ms)
		nanosleep(&t, NULL);
}

static void sleep_until(void)
{
	const char *file = option("until");

	while (file && access(file, F_OK))
		sleep_ms(2);
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *serve(void *arg)
{
	int fd = (long)arg;
	long reply = number("reply");

	sleep_ms(number("pause"));
	if (option("unread")) {
		sleep_ms(300);
		close(fd);
		return NULL;
	}
	if (option("until")) {
		sleep_until();
		shutdown(fd, SHUT_WR);
	}
	while (read(fd, data, sizeof(data)) > 0)
		;
	while (reply > 0) {
		long part = reply < 8192 ? reply : 8192;
		ssize_t n = write(fd, data, part);

		if (n <= 0)
			break;
		reply -= n;
	}
	close(fd);
	return NULL;
}

static void sink(int port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6,
				    .sin6_port = htons(port) };
	int one = 1, rcvbuf = number("rcvbuf");
	int fd = socket(AF_INET6, SOCK_STREAM, protocol());

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf));
	if (bind(fd, (void *)&any, sizeof(any)) || listen(fd, 512))
		fail("sink");
	for (;;) {
		pthread_t thread;
		int c = accept(fd, NULL, NULL);

		if (c < 0)
			continue;
		if (pthread_create(&thread, NULL, serve, (void *)(long)c))
			close(c);
		else
			pthread_detach(thread);
	}
}

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST }, *to;
	const char *cc = option("cc");
	long sport = number("sport");
	unsigned long pace = number("pace");
	int fd, one = 1;

	if (getaddrinfo(host, port, &hints, &to))
		fail(host);
	fd = socket(to->ai_family, SOCK_STREAM, protocol());
	if (fd < 0)
		fail("socket");
	if (cc && setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, strlen(cc)))
		fail(cc);
	if (pace && setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &pace,
			       sizeof(pace)))
		fail("pace");
	if (sport) {
		struct sockaddr_in6 from = { .sin6_family = to->ai_family,
					     .sin6_port = htons(sport) };

		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, (void *)&from, to->ai_addrlen))
			fail("bind");
	}
	if (connect(fd, to->ai_addr, to->ai_addrlen)) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(to);
	return fd;
}

static int send_bytes(const char *host, const char *port, long bytes)
{
	long chunk = number("chunk") ?: (long)sizeof(data);
	int fd = dial(host, port);

	if (fd < 0)
		fail("connect");
	sleep_ms(number("wait"));
	while (bytes > 0) {
		long part = bytes < chunk ? bytes : chunk;
		ssize_t n = write(fd, data, part);

		if (n <= 0)
			fail("write");
		bytes -= n;
		if (bytes > 0)
			sleep_ms(number("every"));
	}
	sleep_ms(number("hold"));
	sleep_until();
	if (option("abort")) {
		struct linger now = { 1, 0 };

		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	}
	if (option("half")) {
		shutdown(fd, SHUT_WR);
		while (read(fd, data, sizeof(data)) > 0)
			;
	}
	close(fd);
	return 0;
}

/* A connection of the churn: connecting, then written to and closed. */
static int begin(const struct addrinfo *to)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (connect(fd, to->ai_addr, to->ai_addrlen) && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static int churn(const char *host, const char *port, long rate, long seconds,
		 long bytes)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICHOST }, *to;
	static struct pollfd open_[CHURN_MOST];
	double start = now_s(), elapsed;
	long begun = 0, made = 0, failed = 0, n = 0;

	if (getaddrinfo(host, port, &hints, &to))
		fail(host);
	while ((elapsed = now_s() - start) < seconds || n) {
		if (elapsed > seconds + 10)
			break; /* the path may be cut */
		while (elapsed < seconds && n < CHURN_MOST &&
		       begun < elapsed * rate) {
			int fd = begin(to);

			begun++;
			if (fd < 0)
				failed++;
			else
				open_[n++] = (struct pollfd){ fd, POLLOUT, 0 };
		}
		if (poll(open_, n, 1000 / rate + 1) <= 0)
			continue;
		for (long i = 0; i < n; i++) {
			if (!open_[i].revents)
				continue;
			if (bytes && write(open_[i].fd, data, bytes) < 0)
				failed++;
			else
				made++;
			close(open_[i].fd);
			open_[i--] = open_[--n];
		}
	}
	printf("churn: %ld connections, %ld failed, %.0f per second\n", made,
	       failed, made / (double)seconds);
	freeaddrinfo(to);
	return 0;
}

int main(int argc, char **argv)
{
	argc_ = argc;
	argv_ = argv;
	signal(SIGPIPE, SIG_IGN);
	if (argc >= 3 && !strcmp(argv[1], "sink"))
		sink(atoi(argv[2]));
	if (argc >= 5 && !strcmp(argv[1], "send"))
		return send_bytes(argv[2], argv[3], atol(argv[4]));
	if (argc >= 6 && !strcmp(argv[1], "churn"))
		return churn(argv[2], argv[3], atol(argv[4]), atol(argv[5]),
			     argc > 6 ? atol(argv[6]) : 0);
	fprintf(stderr, "usage: see the head of tcp.c\n");
	return 2;
}
