// SPDX-License-Identifier: GPL-2.0-only
/*
 * pump PORT SEGMENTS_A_SECOND SECONDS CONNECTIONS: connections over 127.0.0.1
 * that send segments of a byte, all together at that rate. Each has a process
 * that sends and one that reads.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
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

static int source(const struct sockaddr_in *at, double rate, double seconds)
{
	int own = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	double begin, end;
	unsigned int sent = 0;

	setsockopt(own, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (connect(own, (const struct sockaddr *)at, sizeof(*at))) {
		perror("connect");
		return 1;
	}
	begin = now();
	end = begin + seconds;
	while (now() < end) {
		while (sent < (now() - begin) * rate && now() < end) {
			if (write(own, "x", 1) != 1)
				return 1;
			sent++;
		}
		usleep(500);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	int count, i, status, failed = 0;

	if (argc != 5)
		return 64;
	at.sin_port = htons(atoi(argv[1]));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	count = atoi(argv[4]);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 64)) {
		perror("listen");
		return 1;
	}
	for (i = 0; i < count; i++) {
		if (fork() == 0)
			sink(listener);
		if (fork() == 0)
			exit(source(&at, atof(argv[2]) / count, atof(argv[3])));
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}
