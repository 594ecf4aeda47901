// SPDX-License-Identifier: GPL-2.0-only
/*
 *   racer MODULE.ko TRIALS US
 *
 * Each trial loads the module, opens its file, unloads the module in another
 * thread and, at a random moment within so many us after that has begun, puts
 * the open file into an epoll; then closes the epoll, which takes its entry
 * off the module's wait queue. With the kernel's slab poisoning a queue that
 * was freed too early leaves that CPU spinning for good: a watcher tells.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct shared {
	volatile long done; /* trials */
	volatile long closing; /* the epoll */
};

static volatile int go;

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void *unload(void *arg)
{
	(void)arg;
	while (!go)
		;
	if (syscall(SYS_delete_module, "tcpprobe_plus", O_NONBLOCK))
		perror("delete_module");
	return NULL;
}

static void trial(struct shared *shared, const char *module, long most_ns)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ko = open(module, O_RDONLY), fd, ep;
	long wait_ns = random() % most_ns, began;
	pthread_t thread;

	if (syscall(SYS_finit_module, ko, "", 0)) {
		perror("finit_module");
		_exit(1);
	}
	close(ko);
	fd = open("/proc/net/tcpprobe", O_RDONLY | O_NONBLOCK);
	ep = epoll_create1(0);
	go = 0;
	pthread_create(&thread, NULL, unload, NULL);
	usleep(2000);
	began = now_ns();
	go = 1;
	while (now_ns() - began < wait_ns)
		;
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	pthread_join(thread, NULL);
	shared->closing = 1;
	close(ep);
	shared->closing = 0;
	close(fd);
	shared->done++;
}

int main(int argc, char **argv)
{
	struct shared *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long seen = -1, since = now_ns();
	int status;
	pid_t pid;

	if (argc != 4)
		return 2;
	pid = fork();
	if (!pid) {
		srandom(now_ns());
		for (int i = atoi(argv[2]); i > 0; i--)
			trial(shared, argv[1], atol(argv[3]) * 1000);
		_exit(0);
	}
	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			printf("trials %ld status %d\n", shared->done, status);
			return 0;
		}
		if (2 * shared->done + shared->closing != seen) {
			seen = 2 * shared->done + shared->closing;
			since = now_ns();
		}
		/* all else may take its time on a busy machine */
		if (now_ns() - since >
		    (shared->closing ? 20 : 300) * 1000000000L) {
			printf("stuck in trial %ld%s\n", shared->done + 1,
			       shared->closing ? ", closing the epoll" : "");
			return 9;
		}
		usleep(100000);
	}
}
