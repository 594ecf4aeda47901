// SPDX-License-Identifier: GPL-2.0-only
/*
 * pump PORT SEGMENTS_A_SECOND SECONDS: one connection over 127.0.0.1 that sends
 * segments of a byte at that rate; prints how many it sent. A second process
 * reads them.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

static void sink(int listener)
{
	static char room[65536];
	int peer;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	peer = accept(listener, NULL, NULL);
	while (read(peer, room, sizeof(room)) > 0)
		;
	exit(0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1, own;
	double rate, begin, end;
	unsigned int sent = 0;

	if (argc != 4)
		return 64;
	at.sin_port = htons(atoi(argv[1]));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	rate = atof(argv[2]);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 1)) {
		perror("listen");
		return 1;
	}
	if (fork() == 0)
		sink(listener);
	own = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(own, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (connect(own, (struct sockaddr *)&at, sizeof(at))) {
		perror("connect");
		return 1;
	}
	begin = now();
	end = begin + atof(argv[3]);
	while (now() < end) {
		while (sent < (now() - begin) * rate) {
			if (write(own, "x", 1) != 1)
				return 1;
			sent++;
		}
		usleep(500);
	}
	printf("%u\n", sent);
	return 0;
}
