/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700
#include "tests/cli/secret_world.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static char folder[64];

void world_make(void)
{
	static const char *const names[] = {"MIDAIR_SECRET", "MIDAIR_SERVER"};

	snprintf(folder, sizeof(folder), "/tmp/midair-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	setenv("HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	for (size_t i = 0; i < N_ITEMS(names); i++)
		unsetenv(names[i]);
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

void world_remove(void)
{
	nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *world_path(const char *name, char path[WORLD_PATH_SIZE])
{
	assert_true(snprintf(path, WORLD_PATH_SIZE, "%s/%s", folder, name) < WORLD_PATH_SIZE);
	return path;
}

const char *world_file(const char *name, const void *bytes, size_t size, unsigned int mode,
		       char path[WORLD_PATH_SIZE])
{
	char *slash;
	int fd;

	world_path(name, path);
	slash = strrchr(path, '/');
	*slash = '\0';
	(void)mkdir(path, 0700);
	*slash = '/';
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return path;
}
