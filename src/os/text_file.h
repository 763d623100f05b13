/* SPDX-License-Identifier: MIT */
/* text_file: a small file as a whole. */
#ifndef MIDAIR_OS_TEXT_FILE_H
#define MIDAIR_OS_TEXT_FILE_H

#include <stddef.h>

/* Returns 0, -EFBIG when it has more than room bytes, -EINVAL when it is no ordinary file, or
 * -errno. */
int text_file_read(const char *path, char *text, size_t room, size_t *size);

#endif
