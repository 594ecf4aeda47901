/*
 * Loaded before the C library (LD_PRELOAD): a disk that fails, for files named *.tpp.
 *   FSYNC_ERRNO=N   fsync fails with errno N
 *   WRITE_FAILS=N   the Nth write of a file fails with EIO
 *   TORN=1          it writes a part, the two after it fail (libuv tries the rest once more), and ftruncate fails, too
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_capture(int fd)
{
	char link[64], path[4096];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return 0;
	path[length] = 0;
	return strstr(path, ".tpp") != NULL;
}

int fsync(int fd)
{
	const char *number = getenv("FSYNC_ERRNO");

	if (number && is_capture(fd)) {
		errno = atoi(number);
		return -1;
	}
	return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

ssize_t write(int fd, const void *data, size_t bytes)
{
	static ssize_t (*real)(int, const void *, size_t);
	static long count;
	const char *number = getenv("WRITE_FAILS");
	const int torn = getenv("TORN") != NULL;

	if (!real)
		real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	if (!number || !is_capture(fd))
		return real(fd, data, bytes);
	count++;
	if (torn && count == atol(number))
		return real(fd, data, bytes / 2);
	if (count >= atol(number) && count <= atol(number) + 2 * torn) {
		errno = EIO;
		return -1;
	}
	return real(fd, data, bytes);
}

static int fail_truncate(int fd)
{
	if (!getenv("TORN") || !is_capture(fd))
		return 0;
	errno = EIO;
	return -1;
}

int ftruncate(int fd, off_t length)
{
	return fail_truncate(fd) ?: ((int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate"))(fd, length);
}

int ftruncate64(int fd, off_t length)
{
	return fail_truncate(fd) ?: ((int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate64"))(fd, length);
}
