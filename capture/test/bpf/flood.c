// SPDX-License-Identifier: GPL-2.0-only
/*
 * flood PORT CONNECTIONS_A_SECOND SECONDS: connections to 127.0.0.1, each of a
 * byte, one after the other; prints how many there were. A second process
 * accepts them.
 */
#include <arpa/inet.h>
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

static void serve(int listener)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int peer = accept(listener, NULL, NULL);

		if (peer < 0)
			continue;
		while (read(peer, &byte, 1) > 0)
			;
		close(peer);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	double rate, begin, end;
	unsigned int made = 0;
	pid_t server;

	if (argc != 4)
		return 64;
	at.sin_port = htons(atoi(argv[1]));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	rate = atof(argv[2]);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 4096)) {
		perror("listen");
		return 1;
	}
	server = fork();
	if (server == 0)
		serve(listener);
	close(listener);
	begin = now();
	end = begin + atof(argv[3]);
	while (now() < end) {
		int own = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(own, (struct sockaddr *)&at, sizeof(at))) {
			perror("connect");
			return 1;
		}
		if (write(own, "x", 1) != 1)
			return 1;
		close(own);
		made++;
		if (made > (now() - begin) * rate)
			usleep(1000);
	}
	printf("%u %.3f\n", made, now() - begin);
	sleep(1);
	kill(server, SIGKILL);
	return 0;
}
