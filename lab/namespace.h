/* SPDX-License-Identifier: MIT */
/* namespace: a private machine to build the lab in, and network namespaces held by descriptors. */
#ifndef MIDAIR_LAB_NAMESPACE_H
#define MIDAIR_LAB_NAMESPACE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lab/reason.h"

/*
 * Runs function as process 1 of its own user, network, mount and pid namespaces, as root of the
 * user namespace, and waits for it. When the caller dies, in whatever way, everything inside is
 * killed by the kernel. Returns function's value (0 to 255), or -errno with the reason when
 * this machine allows no such namespaces. function must neither exec nor change credentials itself;
 * its children may (program.h).
 */
int namespace_run(int (*function)(void *context), void *context, struct lab_reason *reason);

/* True when /proc inside shows the lab's own processes (not where a container hides it). */
bool namespace_has_proc(void);

/* A new network namespace with its loopback up: a descriptor, or -errno. The caller stays in
 * its own. */
int namespace_new(struct lab_reason *reason);

/* The descriptor of the caller's network namespace, or -errno. */
int namespace_current(void);

/* Moves the calling thread into the network namespace. Returns 0 or -errno. */
int namespace_enter(int fd);

/* Forks a child that runs function in the network namespace and exits with its value. The child
 * dies with the caller. Returns its pid or -errno. */
pid_t namespace_spawn(int fd, int (*function)(void *context), void *context);

/* Kills and reaps a child; nothing for a pid of 0 or less. */
void namespace_kill(pid_t *pid);

/* Waits for a child at most timeout_ms. Returns its exit status, 128 + signal, or -ETIME. */
int namespace_wait(pid_t pid, int timeout_ms);

#endif
