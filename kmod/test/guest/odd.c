// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that few programs make, for the guest tests.
 *
 *   odd urgent HOST PORT        six bytes, then one urgent one
 *   odd fast-sink PORT          fast open: reads what came with the SYN, answers
 *                               ten bytes at once, reads to the end, closes
 *   odd fast HOST PORT          sends 12 bytes in the SYN, reads the answer
 *   odd quiet-sink PORT         fast open: reads all there is, never answers
 *   odd self PORT               a socket connected to itself
 *   odd again HOST PORT [repair]
 *       connects, sends, disconnects, connects again from the same port to
 *       the same place; repair: the disconnect sends no RST
 *   odd zero-window HOST PORT   says "connected", waits for the file /run/cut,
 *                               then has five segments in flight and takes the
 *                               peer's window for closed; waits 4 s
 *   odd greet PORT              sends 2000 bytes and ends its side
 *   odd hang-up HOST PORT       to greet: waits, ends its side and closes
 *                               with the 2000 bytes unread
 *   odd half HOST PORT          sends, ends its side, waits, then SO_LINGER 0
 *   odd hold HOST PORT N MS     N connections, held so long
 *   odd collect PORT            accepts and reads any number of connections
 *   odd periodic HOST PORT N MS a small message every so many ms
 *   odd small HOST PORT S       one byte a segment, as fast as it goes
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char data[1 << 16];
static const int one = 1;

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static struct sockaddr_in at(const char *host, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port) };

	must(inet_pton(AF_INET, host, &a.sin_addr) == 1, host);
	return a;
}

static void option(int fd, int level, int name, const void *value, int size,
		   const char *what)
{
	must(!setsockopt(fd, level, name, value, size), what);
}

static int dial(const char *host, const char *port)
{
	struct sockaddr_in a = at(host, atoi(port));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(!connect(fd, (void *)&a, sizeof(a)), "connect");
	return fd;
}

static int listen_on(const char *port, int fast)
{
	struct sockaddr_in a = at("0.0.0.0", atoi(port));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	option(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one), "reuse");
	if (fast)
		option(fd, IPPROTO_TCP, TCP_FASTOPEN, &fast, sizeof(fast),
		       "fast open");
	must(!bind(fd, (void *)&a, sizeof(a)) && !listen(fd, 4096), "listen");
	return fd;
}

static void put(int fd, const char *text)
{
	must(write(fd, text, strlen(text)) > 0, "write");
}

static void read_all(int fd)
{
	while (read(fd, data, sizeof(data)) > 0)
		;
}

static void abort_now(int fd)
{
	struct linger now = { 1, 0 };

	option(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now), "linger");
	close(fd);
}

static void urgent(const char *host, const char *port)
{
	int fd = dial(host, port);

	put(fd, "abcdef");
	sleep_ms(200);
	must(send(fd, "u", 1, MSG_OOB) == 1, "urgent");
	sleep_ms(300);
	close(fd);
}

static void fast_sink(const char *port, int answer)
{
	int fd = listen_on(port, 16);

	for (;;) {
		int c = accept(fd, NULL, NULL);

		must(read(c, data, sizeof(data)) > 0, "read");
		if (answer)
			put(c, "0123456789");
		read_all(c);
		close(c);
	}
}

static void fast(const char *host, const char *port)
{
	struct sockaddr_in a = at(host, atoi(port));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(sendto(fd, "hello-in-syn", 12, MSG_FASTOPEN, (void *)&a,
		    sizeof(a)) == 12,
	     "fast open");
	sleep_ms(500);
	put(fd, "more");
	sleep_ms(300);
	close(fd);
}

static void self(const char *port)
{
	struct sockaddr_in a = at("127.0.0.1", atoi(port));
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	must(!bind(fd, (void *)&a, sizeof(a)), "bind");
	must(!connect(fd, (void *)&a, sizeof(a)), "connect");
	put(fd, "hello");
	sleep_ms(100);
	must(read(fd, data, sizeof(data)) == 5, "read");
	close(fd);
}

static void repair(int fd, int on)
{
	option(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on), "repair");
}

static void again(const char *host, const char *port, int repairing)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to = at(host, atoi(port)),
			   from = at("0.0.0.0", 43210);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	option(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one), "reuse");
	must(!bind(fd, (void *)&from, sizeof(from)), "bind");
	must(!connect(fd, (void *)&to, sizeof(to)), "connect");
	put(fd, "first");
	sleep_ms(200);
	if (repairing)
		repair(fd, 1);
	must(!connect(fd, &none, sizeof(none)), "disconnect");
	if (repairing)
		repair(fd, 0);
	sleep_ms(200);
	must(!connect(fd, (void *)&to, sizeof(to)), "connect again");
	put(fd, "second connection");
	sleep_ms(300);
	close(fd);
}

/* The path is cut meanwhile, so nothing opens the window again. */
static void zero_window(const char *host, const char *port)
{
	struct tcp_repair_window window;
	socklen_t size = sizeof(window);
	int fd = dial(host, port);

	printf("connected\n");
	while (access("/run/cut", F_OK))
		sleep_ms(10);
	must(write(fd, data, 7000) == 7000, "write");
	repair(fd, 1);
	must(!getsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, &size),
	     "window");
	window.snd_wnd = 0;
	option(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, sizeof(window),
	       "no window");
	repair(fd, -1); /* off, without the usual probe */
	sleep_ms(4000);
	abort_now(fd);
}

static void greet(const char *port)
{
	int fd = listen_on(port, 0);

	for (;;) {
		int c = accept(fd, NULL, NULL);

		must(write(c, data, 2000) == 2000, "write");
		shutdown(c, SHUT_WR);
		read_all(c);
		close(c);
	}
}

static void hang_up(const char *host, const char *port)
{
	int fd = dial(host, port);

	sleep_ms(500);
	shutdown(fd, SHUT_WR);
	close(fd);
}

static void half(const char *host, const char *port)
{
	int fd = dial(host, port);

	put(fd, "abcdef");
	shutdown(fd, SHUT_WR);
	sleep_ms(500);
	abort_now(fd);
}

static void hold(const char *host, const char *port, long n, long ms)
{
	for (long i = 0; i < n; i++)
		dial(host, port);
	printf("held %ld\n", n);
	sleep_ms(ms);
}

static void collect(const char *port)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(0), fd = listen_on(port, 0);

	event.data.fd = fd;
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	for (;;) {
		if (epoll_wait(ep, &event, 1, -1) < 1)
			continue;
		if (event.data.fd == fd) {
			event.data.fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK);
			event.events = EPOLLIN;
			epoll_ctl(ep, EPOLL_CTL_ADD, event.data.fd, &event);
		} else if (read(event.data.fd, data, sizeof(data)) <= 0 &&
			   errno != EAGAIN) {
			close(event.data.fd);
		}
		errno = 0;
	}
}

static void periodic(const char *host, const char *port, long n, long ms)
{
	int fd = dial(host, port);

	while (n--) {
		put(fd, "abcdef");
		sleep_ms(ms);
	}
	close(fd);
}

static void small(const char *host, const char *port, long seconds)
{
	time_t end = time(NULL) + seconds;
	int fd = dial(host, port);

	option(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one), "no delay");
	while (time(NULL) < end) {
		for (int i = 0; i < 200; i++)
			put(fd, "x");
	}
	close(fd);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	const char *host = argc > 2 ? argv[2] : "";
	const char *port = argc > 3 ? argv[3] : host;
	long n = argc > 4 ? atol(argv[4]) : 0,
	     ms = argc > 5 ? atol(argv[5]) : 0;

	signal(SIGPIPE, SIG_IGN);
	setbuf(stdout, NULL);
	if (!strcmp(what, "urgent"))
		urgent(host, port);
	else if (!strcmp(what, "fast-sink"))
		fast_sink(port, 1);
	else if (!strcmp(what, "quiet-sink"))
		fast_sink(port, 0);
	else if (!strcmp(what, "fast"))
		fast(host, port);
	else if (!strcmp(what, "self"))
		self(port);
	else if (!strcmp(what, "again"))
		again(host, port, argc > 4);
	else if (!strcmp(what, "zero-window"))
		zero_window(host, port);
	else if (!strcmp(what, "greet"))
		greet(port);
	else if (!strcmp(what, "hang-up"))
		hang_up(host, port);
	else if (!strcmp(what, "half"))
		half(host, port);
	else if (!strcmp(what, "hold"))
		hold(host, port, n, ms);
	else if (!strcmp(what, "collect"))
		collect(port);
	else if (!strcmp(what, "periodic"))
		periodic(host, port, n, ms);
	else if (!strcmp(what, "small"))
		small(host, port, n);
	else
		return 2;
	return 0;
}
