/* SPDX-License-Identifier: MIT */
/*
 * private_file: a small file that nobody else may read, not even for a moment, and that is never
 * written through somebody's symbolic link.
 */
#ifndef MIDAIR_CLI_PRIVATE_FILE_H
#define MIDAIR_CLI_PRIVATE_FILE_H

#include <stdbool.h>

/* Returns 0, -EEXIST, or another -errno; then there is no new file. */
int private_file_create(const char *path, const char *text);

/* The old file is there until the new one is whole. Returns 0 or -errno. */
int private_file_replace(const char *path, const char *text);

/* A device, a pipe or a folder is no old file, and root could replace even /dev/null. */
bool private_file_is_replaceable(const char *path);

#endif
