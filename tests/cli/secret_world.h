/* SPDX-License-Identifier: MIT */
/* secret_world: a folder of a test's own, with key files, and an environment that is its own. */
#ifndef MIDAIR_TESTS_SECRET_WORLD_H
#define MIDAIR_TESTS_SECRET_WORLD_H

#include <stddef.h>

#define WORLD_PATH_SIZE 256

/* A folder that is removed with all that is in it by world_remove(). HOME and XDG_CONFIG_HOME
 * lead there, and no MIDAIR_* variable is set. */
void world_make(void);
void world_remove(void);

/* The path of a file there. */
const char *world_path(const char *name, char path[WORLD_PATH_SIZE]);

/* Writes it with this mode, whatever the umask. Returns path. */
const char *world_file(const char *name, const void *bytes, size_t size, unsigned int mode,
		       char path[WORLD_PATH_SIZE]);

#endif
