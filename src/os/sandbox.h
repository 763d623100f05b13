/* SPDX-License-Identifier: MIT */
/* sandbox: what a process can give up for good. Each function returns 0 or -errno, and can be
 * called in any order, but what needs root comes before sandbox_become(). */
#ifndef MIDAIR_OS_SANDBOX_H
#define MIDAIR_OS_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/* Root becomes that user, for good and without other groups. -EALREADY: we are not root.
 * -ENOENT: there is no such user. */
int sandbox_become(const char *user);

int sandbox_no_capabilities(void);
int sandbox_no_core(void);	     /* no core file */
int sandbox_no_dump(void);	     /* not readable by others of the same user */
int sandbox_no_new_privileges(void); /* no set-uid program gives us any */

#define SANDBOX_PORTS 3

/* Landlock: no file can be opened but, when folder is not NULL, those below it for reading; no
 * port bound or connected to, where the kernel knows that (6.7). dial_ports: NULL, or the ports
 * that may be bound, besides fresh ones, in order to connect anywhere. -ENOSYS, -EOPNOTSUPP: the
 * kernel has no Landlock. */
int sandbox_no_files(const char *folder, const uint16_t dial_ports[SANDBOX_PORTS]);

#define SANDBOX_MAY_OPEN    (1u << 0) /* files, for reading */
#define SANDBOX_MAY_DIAL    (1u << 1) /* with new TCP sockets */
#define SANDBOX_MAY_FORWARD (1u << 2) /* from socket to socket by pipes */

/* seccomp: only the calls that a running server makes. To be called after
 * sandbox_no_new_privileges(), before threads are made. -EOPNOTSUPP: not on this architecture. */
int sandbox_no_calls(uint32_t flags);

#endif
