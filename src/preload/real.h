/* SPDX-License-Identifier: MIT */
/*
 * real: the functions that this library stands in front of: the next library's, which is the C
 * library's unless somebody else is preloaded as well. Until the loader has run our constructors,
 * the system call itself.
 *
 * The linker (--wrap) sends every call of them from the objects of this library here, so that
 * midair's own sockets do not come back to the wrappers.
 */
#ifndef MIDAIR_PRELOAD_REAL_H
#define MIDAIR_PRELOAD_REAL_H

#include <sys/socket.h>

/* As the functions of these names: -1 and errno. */
int real_connect(int fd, const struct sockaddr *address, socklen_t length);
int real_bind(int fd, const struct sockaddr *address, socklen_t length);
int real_close(int fd);

#endif
