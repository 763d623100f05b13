/* SPDX-License-Identifier: MIT */
#include "cli/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/quote.h"
#include "midair/midair.h"

#define ENVIRONMENT "MIDAIR_SECRET"
#define KEY_PREFIX  "midair-key-"
/* A secret and some ends of line; one byte more shows that it is too long. */
#define ROOM_BYTES 4096
static_assert(ROOM_BYTES > MIDAIR_SECRET_MAX, "room for the longest secret");

__attribute__((format(printf, 3, 4))) static int refuse(const char *command, int status,
							const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "midair %s: ", command);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return status;
}

bool secret_text_is_key(const char *word)
{
	return strncasecmp(word, KEY_PREFIX, strlen(KEY_PREFIX)) == 0;
}

int secret_text_refuse_argument(const char *command)
{
	return refuse(command, EXIT_USAGE,
		      "a secret does not belong on the command line, where everybody on this "
		      "machine can read it: -k FILE, --prompt or " ENVIRONMENT);
}

void secret_leave_no_traces(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int make_room(struct secret_text *secret, const char *command)
{
	void *room = mmap(NULL, ROOM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	if (room == MAP_FAILED)
		return refuse(command, EXIT_SYSTEM, "no memory for the secret: %s",
			      midair_strerror(-errno));
	/* RLIMIT_MEMLOCK may forbid it; a wiped page is then still a short-lived one. */
	(void)mlock(room, ROOM_BYTES);
	(void)madvise(room, ROOM_BYTES, MADV_DONTDUMP);
	secret_leave_no_traces();
	*secret = (struct secret_text){.bytes = room};
	return -1;
}

void secret_text_wipe(struct secret_text *secret)
{
	if (secret->bytes == NULL)
		return;
	explicit_bzero(secret->bytes, ROOM_BYTES);
	munmap(secret->bytes, ROOM_BYTES);
	*secret = (struct secret_text){0};
}

/* The same secret however it came: an editor adds an end of line, a paste a blank. */
static int check(struct secret_text *secret, const char *command, const char *where)
{
	while (secret->size > 0 && strchr(" \t\r\n", secret->bytes[secret->size - 1]) != NULL)
		secret->size--;
	if (secret->size == 0)
		return refuse(command, EXIT_USAGE, "%s: the secret is empty", where);
	if (secret->size > MIDAIR_SECRET_MAX)
		return refuse(command, EXIT_USAGE, "%s: the secret is longer than %d bytes",
			      where, MIDAIR_SECRET_MAX);
	return -1;
}

/* As ssh does: a key that others can read is no secret, whatever its owner believes. A pipe, from
 * a password manager for instance, has no such mode. */
static int check_mode(int fd, const char *command, const char *name)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return refuse(command, EXIT_SYSTEM, "%s: %s", name, midair_strerror(-errno));
	if (S_ISDIR(status.st_mode))
		return refuse(command, EXIT_USAGE, "%s is a directory, not a key file", name);
	if (S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
		return refuse(command, EXIT_USAGE,
			      "%s can be read by others (mode %04o), so it is no secret: "
			      "chmod 600 it, or make a new one with midair key",
			      name, (unsigned int)status.st_mode & 07777);
	return -1;
}

static int read_all(struct secret_text *secret, int fd)
{
	while (secret->size < ROOM_BYTES) {
		ssize_t n = read(fd, secret->bytes + secret->size, ROOM_BYTES - secret->size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		secret->size += (size_t)n;
	}
	return 0;
}

static int read_open_file(struct secret_text *secret, const char *command, int fd,
			  const char *name)
{
	int status = check_mode(fd, command, name);
	int result;

	if (status < 0)
		status = make_room(secret, command);
	if (status >= 0)
		return status;
	result = read_all(secret, fd);
	if (result != 0)
		return refuse(command, EXIT_SYSTEM, "%s: %s", name, midair_strerror(result));
	return check(secret, command, name);
}

static int read_file(struct secret_text *secret, const char *command, const char *file)
{
	char name[QUOTE_SIZE];
	int status;
	int fd;

	if (secret_text_is_key(file))
		return secret_text_refuse_argument(command);
	if (strcmp(file, "-") == 0)
		return refuse(command, EXIT_USAGE,
			      "-k takes a file's name; standard input is for the payload "
			      "(--prompt asks at the terminal)");
	quote(file, name);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return refuse(command, EXIT_USAGE, "cannot read the key file %s: %s", name,
			      midair_strerror(-errno));
	status = read_open_file(secret, command, fd, name);
	close(fd);
	return status;
}

static int read_prompt(struct secret_text *secret, const char *command)
{
	int status = make_room(secret, command);
	long n = status < 0 ? secret_prompt(secret->bytes, ROOM_BYTES) : 0;

	if (status >= 0)
		return status;
	if (n == -ENXIO)
		return refuse(command, EXIT_SYSTEM,
			      "there is no terminal to ask at: -k FILE or " ENVIRONMENT);
	if (n < 0)
		return refuse(command, EXIT_SYSTEM, "the prompt: %s", midair_strerror((int)n));
	secret->size = (size_t)n;
	return check(secret, command, "the prompt");
}

static int read_environment(struct secret_text *secret, const char *command)
{
	const char *value = getenv(ENVIRONMENT);
	size_t size = value == NULL ? 0 : strlen(value);
	int status;

	if (value == NULL)
		return -1;
	status = make_room(secret, command);
	if (status >= 0)
		return status;
	secret->size = size < ROOM_BYTES ? size : ROOM_BYTES;
	memcpy(secret->bytes, value, secret->size);
	return check(secret, command, ENVIRONMENT);
}

/* It stood where /proc and every child show it, whether it was asked for or something else was. */
static void clear_environment(void)
{
	char *value = getenv(ENVIRONMENT);

	if (value == NULL)
		return;
	explicit_bzero(value, strlen(value));
	unsetenv(ENVIRONMENT);
}

int secret_text_read(struct secret_text *secret, const char *command,
		     const struct secret_source *source)
{
	int status = -1;

	*secret = (struct secret_text){0};
	if (source->file == NULL && !source->is_prompt && source->is_environment)
		status = read_environment(secret, command);
	clear_environment();
	if (source->file != NULL)
		status = read_file(secret, command, source->file);
	else if (source->is_prompt)
		status = read_prompt(secret, command);
	if (status >= 0)
		secret_text_wipe(secret);
	return status;
}
