// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways to read the data file that reader.c does not have.
 *
 *   readers FILE OUT edge      edge-triggered epoll: after an event reads until
 *                              there is nothing, and waits for the next edge
 *   readers FILE OUT threads   two threads read the same open file, blocking
 *   readers FILE OUT splice    splice(2) through a pipe
 *   readers FILE OUT sendfile  sendfile(2), as often as poll(2) says
 *       until SIGTERM, then to the end; prints bytes, lines and wakeups
 *   readers FILE OUT killed    two processes share the open file, both wait;
 *                              the second is killed: prints whether it goes
 *   readers FILE OUT large=MS  waits so long, then reads all with one call of
 *                              1 GiB; prints "reading" before it
 *   readers FILE OUT ways      what open, lseek, pread, mmap, write, reads of
 *                              no bytes and to a bad place say
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static const char *path;
static int in, out;
static char buffer[1 << 18];
static long bytes, lines, wakeups;
static pthread_t threads[2];

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static void keep(const char *text, ssize_t n)
{
	if (write(out, text, n) != n)
		exit(2);
	bytes += n;
	for (ssize_t i = 0; i < n; i++)
		lines += text[i] == '\n';
}

/* Reads until there is nothing more; false at the end, or if the file is gone. */
static int drain(void)
{
	ssize_t n;

	while ((n = read(in, buffer, sizeof(buffer))) > 0)
		keep(buffer, n);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static int edge(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);

	if (epoll_ctl(ep, EPOLL_CTL_ADD, in, &event))
		return 2;
	while (!stop) {
		if (epoll_wait(ep, &event, 1, 1000) < 1)
			continue;
		wakeups++;
		if (!drain())
			return 0;
	}
	/* nothing here: what no edge has told of stays unread */
	return 0;
}

static void *read_on(void *arg)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	char *own = malloc(sizeof(buffer));

	(void)arg;
	while (!stop) {
		ssize_t n = read(in, own, sizeof(buffer));

		pthread_mutex_lock(&lock);
		if (n > 0)
			keep(own, n);
		pthread_mutex_unlock(&lock);
		if (!n)
			break;
	}
	free(own);
	return NULL;
}

static int two_threads(void)
{
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, read_on, NULL);
	while (!stop)
		sleep_ms(20);
	for (int i = 0; i < 2; i++)
		pthread_kill(threads[i], SIGTERM);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	fcntl(in, F_SETFL, O_NONBLOCK);
	drain();
	return 0;
}

static int through_pipe(void)
{
	int ends[2], last = 0;

	if (pipe(ends))
		return 2;
	fcntl(in, F_SETFL, O_NONBLOCK);
	while (!last) {
		ssize_t n;

		last = stop;
		while ((n = splice(in, NULL, ends[1], NULL, 1 << 16, 0)) > 0) {
			ssize_t got = read(ends[0], buffer, n);

			keep(buffer, got);
		}
		if (!n || (n < 0 && errno != EAGAIN)) {
			printf("splice: %s\n", n ? strerror(errno) : "end");
			return 1;
		}
		sleep_ms(5);
	}
	return 0;
}

static int send_file(void)
{
	int last = 0;

	fcntl(in, F_SETFL, O_NONBLOCK);
	while (!last) {
		struct pollfd p = { .fd = in, .events = POLLIN };
		ssize_t n;

		last = stop;
		if (!last)
			poll(&p, 1, 200);
		while ((n = sendfile(out, in, NULL, 1 << 16)) > 0)
			bytes += n;
		if (!n || (n < 0 && errno != EAGAIN)) {
			printf("sendfile: %s\n", n ? strerror(errno) : "end");
			return 1;
		}
	}
	return 0;
}

static char state_of(pid_t pid)
{
	char name[64], text[512], *after;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	file = fopen(name, "r");
	if (!file)
		return '-';
	after = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
	fclose(file);
	return after ? after[2] : '-';
}

static pid_t waiting_reader(void)
{
	pid_t pid = fork();

	if (!pid) {
		signal(SIGTERM, SIG_DFL);
		if (read(in, buffer, sizeof(buffer)) < 0)
			perror("read");
		_exit(0);
	}
	sleep_ms(700);
	return pid;
}

static int killed(void)
{
	pid_t first = waiting_reader(), second = waiting_reader();
	int gone = 0, status;

	printf("waiting: %c %c\n", state_of(first), state_of(second));
	kill(second, SIGKILL);
	for (int i = 0; i < 100 && !gone; i++) {
		sleep_ms(20);
		gone = waitpid(second, &status, WNOHANG) == second;
	}
	printf("killed: %s\n", gone ? "gone" : "still there");
	kill(first, SIGKILL);
	waitpid(first, &status, 0);
	if (!gone)
		waitpid(second, &status, 0);
	return 0;
}

static int large(long ms)
{
	size_t size = 1UL << 30;
	char *place = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	sleep_ms(ms);
	printf("reading\n");
	printf("read %zd\n", read(in, place, size));
	return 0;
}

static void say(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

static int ways(void)
{
	void *bad =
		mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int flags[] = { O_WRONLY, O_RDWR };
	const char *names[] = { "open to write", "open to read and write" };

	close(in);
	for (int i = 0; i < 2; i++) {
		int fd = open(path, flags[i] | O_NONBLOCK);

		say(names[i], fd);
		if (fd >= 0)
			close(fd);
	}
	in = open(path, O_RDONLY | O_NONBLOCK);
	say("open to read", in);
	say("lseek", lseek(in, 0, SEEK_CUR));
	say("pread", pread(in, buffer, 100, 0));
	say("mmap", (long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, in, 0));
	say("write", write(in, "x", 1));
	say("read of nothing", read(in, buffer, 0));
	say("read", read(in, buffer, sizeof(buffer)));
	sleep_ms(2500); /* there is traffic */
	say("read to a bad place", read(in, bad, 100));
	say("read then", read(in, buffer, sizeof(buffer)));
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	const char *mode = argc == 4 ? argv[3] : "";
	int nonblock = !strcmp(mode, "edge") ? O_NONBLOCK : 0, status = 2;

	if (argc != 4)
		return 2;
	setbuf(stdout, NULL);
	sigaction(SIGTERM, &action, NULL); /* no SA_RESTART: it ends a read */
	path = argv[1];
	in = open(path, O_RDONLY | nonblock);
	if (in < 0) {
		printf("open: %s\n", strerror(errno));
		return 1;
	}
	out = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (!strcmp(mode, "edge"))
		status = edge();
	else if (!strcmp(mode, "threads"))
		status = two_threads();
	else if (!strcmp(mode, "splice"))
		status = through_pipe();
	else if (!strcmp(mode, "sendfile"))
		status = send_file();
	else if (!strcmp(mode, "killed"))
		return killed();
	else if (!strncmp(mode, "large=", 6))
		return large(atol(mode + 6));
	else if (!strcmp(mode, "ways"))
		return ways();
	printf("bytes %ld lines %ld wakeups %ld\n", bytes, lines, wakeups);
	return status;
}
