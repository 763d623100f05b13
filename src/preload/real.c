/* SPDX-License-Identifier: MIT */
#include "preload/real.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef int address_call(int fd, const struct sockaddr *address, socklen_t length);
typedef int close_call(int fd);

static address_call *next_connect;
static address_call *next_bind;
static close_call *next_close;

/* C has no conversion from an object's address, which dlsym() returns, to a function's. */
static void find_next(void *function, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(function, &found, sizeof(found));
}

__attribute__((constructor)) static void find_functions(void)
{
	find_next(&next_connect, "connect");
	find_next(&next_bind, "bind");
	find_next(&next_close, "close");
}

int real_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	if (next_connect != NULL)
		return next_connect(fd, address, length);
	return (int)syscall(SYS_connect, fd, address, length);
}

int real_bind(int fd, const struct sockaddr *address, socklen_t length)
{
	if (next_bind != NULL)
		return next_bind(fd, address, length);
	return (int)syscall(SYS_bind, fd, address, length);
}

int real_close(int fd)
{
	return next_close != NULL ? next_close(fd) : (int)syscall(SYS_close, fd);
}

/* The names that --wrap gives. */
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t length)
	__attribute__((alias("real_connect")));
int __wrap_bind(int fd, const struct sockaddr *address, socklen_t length)
	__attribute__((alias("real_bind")));
int __wrap_close(int fd) __attribute__((alias("real_close")));
