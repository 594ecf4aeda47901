// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the data file in different manners, for the guest tests.
 *
 *   reader FILE OUT            without blocking, until SIGTERM, then to the end
 *   reader FILE OUT blocking   blocking reads, until SIGTERM, EOF or an error
 *   reader FILE OUT poll       poll(2), then a read without blocking
 *   reader FILE OUT epoll      the same with epoll
 *   reader FILE OUT once       one blocking read
 *   reader FILE OUT try        one read without blocking
 *   reader FILE OUT sleep=MS   opens, sleeps, tells when it woke, then like the first
 *   reader clock               prints CLOCK_MONOTONIC in ns
 *
 * Each mode but clock ends with a line on standard output: how many bytes and
 * reads, and which error ended it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static int in = -1;
static char buffer[1 << 18];

static void on_signal(int number)
{
	(void)number;
	stop = 1;
	fcntl(in, F_SETFL, O_NONBLOCK); /* what is left, then the end */
}

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static int monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	printf("%lld\n", t.tv_sec * 1000000000LL + t.tv_nsec);
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	const char *mode = argc > 3 ? argv[3] : "";
	int blocking = !strcmp(mode, "blocking") || !strcmp(mode, "once");
	int once = !strcmp(mode, "once") || !strcmp(mode, "try");
	int polling = !strcmp(mode, "poll"), epolling = !strcmp(mode, "epoll");
	long long bytes = 0, reads = 0;
	int out, ep = -1, error = 0;

	if (argc == 2 && !strcmp(argv[1], "clock"))
		return monotonic();
	if (argc < 3)
		return 2;
	sigaction(SIGTERM, &action, NULL); /* no SA_RESTART: it ends a read */
	sigaction(SIGINT, &action, NULL);
	in = open(argv[1], O_RDONLY | (blocking ? 0 : O_NONBLOCK));
	if (in < 0) {
		printf("open: %s\n", strerror(errno));
		return 1;
	}
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (out < 0)
		return 2;
	if (!strncmp(mode, "sleep=", 6)) {
		sleep_ms(atol(mode + 6));
		printf("woke ");
		monotonic();
	}
	if (epolling) {
		struct epoll_event event = { .events = EPOLLIN };

		ep = epoll_create1(0);
		epoll_ctl(ep, EPOLL_CTL_ADD, in, &event);
	}

	for (;;) {
		int last = stop; /* seen before the read that finds nothing */
		ssize_t n;

		if (polling && !last) {
			struct pollfd p = { .fd = in, .events = POLLIN };

			if (poll(&p, 1, 500) < 0)
				continue;
		}
		if (epolling && !last) {
			struct epoll_event event;

			if (epoll_wait(ep, &event, 1, 500) < 0)
				continue;
		}
		n = read(in, buffer, sizeof(buffer));
		if (n > 0) {
			bytes += n;
			reads++;
			if (write(out, buffer, n) != n)
				return 2;
			if (once)
				break;
			continue;
		}
		error = n < 0 ? errno : 0;
		if (n == 0 || (error != EAGAIN && error != EINTR))
			break;
		if (last || once)
			break;
		if (error == EAGAIN && !polling && !epolling)
			sleep_ms(5);
	}
	printf("bytes %lld reads %lld end: %s\n", bytes, reads,
	       error ? strerror(error) : "EOF");
	return 0;
}
