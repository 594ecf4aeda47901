// SPDX-License-Identifier: GPL-2.0-only
/*
 *   odd-write FILE TEXT    writes TEXT with one write(2) and says what that
 *                          returned; \n and \0 in it stand for those bytes
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char text[256];
	ssize_t written;
	size_t n = 0;
	int fd;

	if (argc != 3 || strlen(argv[2]) >= sizeof(text))
		return 2;
	for (const char *c = argv[2]; *c; c++) {
		if (*c == '\\' && (c[1] == 'n' || c[1] == '0'))
			text[n++] = *++c == 'n' ? '\n' : '\0';
		else
			text[n++] = *c;
	}
	fd = open(argv[1], O_WRONLY);
	if (fd < 0)
		return 2;
	written = write(fd, text, n);
	if (written < 0)
		printf("%s\n", strerror(errno));
	else
		printf("%zd of %zu\n", written, n);
	return 0;
}
