/* SPDX-License-Identifier: MIT */
#include "cli/hole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/private_file.h"
#include "cli/quote.h"

#define PATH_SIZE 4096

static int path_of(char path[PATH_SIZE], const char *key_file)
{
	return snprintf(path, PATH_SIZE, "%s.hole", key_file) < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

static void warn(const char *command, const char *key_file, const char *what)
{
	char name[QUOTE_SIZE];

	fprintf(stderr, "midair %s: %s.hole: %s\n", command, quote(key_file, name), what);
}

/* As of a key: what others can read, or could have written, is not taken. */
static int read_private(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	struct stat status;
	ssize_t n = -1;
	int result = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		result = -errno;
	else if (!S_ISREG(status.st_mode) || (status.st_mode & 077) != 0)
		result = -EPERM;
	else if ((n = read(fd, text, room - 1)) < 0)
		result = -errno;
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return result;
}

bool hole_file_read(struct midair_hole *hole, const char *command, const char *key_file)
{
	char text[MIDAIR_HOLE_TEXT_SIZE + 2];
	char path[PATH_SIZE];
	int result = path_of(path, key_file);

	if (result == 0)
		result = read_private(path, text, sizeof(text));
	if (result == 0) {
		text[strcspn(text, "\n")] = '\0';
		result = midair_hole_parse(hole, text);
		explicit_bzero(text, sizeof(text));
	}
	if (result == -EPERM)
		warn(command, key_file, "not used: it can be read by others (chmod 600 it)");
	else if (result == MIDAIR_E_SYNTAX)
		warn(command, key_file, "not used: it was not written by midair pipe --stay");
	else if (result != 0 && result != -ENOENT)
		warn(command, key_file, midair_strerror(result));
	return result == 0;
}

void hole_file_write(const struct midair_session *session, const char *command,
		     const char *key_file)
{
	char text[MIDAIR_HOLE_TEXT_SIZE + 1];
	struct midair_hole hole;
	char path[PATH_SIZE];
	int result;

	/* Only by the relay: where the two met last is still the best guess. */
	if (midair_session_hole(session, &hole) != 0)
		return;
	midair_hole_format(&hole, text);
	text[strlen(text) + 1] = '\0';
	text[strlen(text)] = '\n';
	result = path_of(path, key_file);
	if (result == 0)
		result = private_file_replace(path, text);
	explicit_bzero(text, sizeof(text));
	explicit_bzero(&hole, sizeof(hole));
	if (result != 0)
		warn(command, key_file, midair_strerror(result));
}
