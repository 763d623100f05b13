/* SPDX-License-Identifier: MIT */
/*
 * reuse_flags: the reuse options of a socket that another process has. No table shows them; the
 * socket itself is borrowed (pidfd_getfd, Linux 5.6) and asked. That takes the right to trace
 * the process (ptrace(2), PTRACE_MODE_ATTACH).
 */
#ifndef MIDAIR_OS_REUSE_FLAGS_H
#define MIDAIR_OS_REUSE_FLAGS_H

#include <stdint.h>

/*
 * *flags: MIDAIR_WHY_REUSEADDR, MIDAIR_WHY_REUSEPORT. The cookie proves that it is the wanted
 * socket. Returns 0, -ENOENT when the process does not have it any more, -EPERM, -errno.
 */
int reuse_flags_read(int32_t pid, uint64_t inode, uint64_t cookie, uint32_t *flags);

#endif
