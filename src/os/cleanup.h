/* SPDX-License-Identifier: MIT */
/* cleanup: resources that are given back when their variable goes out of scope. */
#ifndef MIDAIR_OS_CLEANUP_H
#define MIDAIR_OS_CLEANUP_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _cleanup_close_	    _cleanup_(close_pointed)
#define _cleanup_free_	    _cleanup_(free_pointed)
#define _cleanup_closedir_  _cleanup_(closedir_pointed)
#define _cleanup_fclose_    _cleanup_(fclose_pointed)

/* Closes a descriptor if there is one; keeps errno. Returns -1, so "fd = close_fd(fd)". */
static inline int close_fd(int fd)
{
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return -1;
}

static inline void close_pointed(const int *fd)
{
	close_fd(*fd);
}

static inline void free_pointed(void *pointer)
{
	free(*(void **)pointer);
}

static inline void closedir_pointed(DIR **directory)
{
	if (*directory != NULL)
		closedir(*directory);
}

static inline void fclose_pointed(FILE **file)
{
	if (*file != NULL)
		fclose(*file);
}

/* Moves a descriptor out of a variable that would close it. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
