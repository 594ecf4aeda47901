// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes random values to random settings, some 20 a second, for the stress
 * test.
 *
 *   settings SECONDS
 *
 * While the module is not loaded its files are missing: such a write is
 * counted apart. Ends with a line on standard output.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* All but debug: its messages would push a splat out of the kernel's log. */
static const struct {
	const char *name;
	int least, step, values;
} settings[] = {
	{ "full", 0, 1, 2 },	  { "extended", 0, 1, 2 },
	{ "port", 0, 5201, 2 },	  { "probetime", 0, 10, 3 },
	{ "maxflows", 1, 1, 50 }, { "purgetime", 1, 1, 3 },
	{ "readnum", 1, 1, 100 },
};

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atol(argv[1]) : 1);
	const struct timespec pause = { 0, 50000000 };
	long written = 0, absent = 0, refused = 0;

	srandom(time(NULL));
	while (time(NULL) < end) {
		long i = random() % (sizeof(settings) / sizeof(settings[0]));
		char path[80], value[16];
		int fd, length;

		nanosleep(&pause, NULL);
		snprintf(path, sizeof(path), "/proc/sys/net/tcpprobe_plus/%s",
			 settings[i].name);
		length = snprintf(value, sizeof(value), "%ld\n",
				  settings[i].least +
					  random() % settings[i].values *
						  settings[i].step);
		fd = open(path, O_WRONLY);
		if (fd < 0) {
			absent++;
			continue;
		}
		if (write(fd, value, length) == length)
			written++;
		else
			refused++;
		close(fd);
	}
	printf("settings: %ld written, %ld refused, %ld absent\n", written,
	       refused, absent);
	return 0;
}
