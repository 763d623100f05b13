/* SPDX-License-Identifier: MIT */
/* sysctl: kernel settings of the calling thread's network namespace. */
#ifndef MIDAIR_LAB_SYSCTL_H
#define MIDAIR_LAB_SYSCTL_H

#include "lab/reason.h"

/* path without "/proc/sys/", such as "net/ipv4/ip_forward". Returns 0 or -errno. */
int sysctl_set(const char *path, const char *value, struct lab_reason *reason);

/* The same; a kernel that lacks the setting (ENOENT) is fine. */
int sysctl_try(const char *path, const char *value, struct lab_reason *reason);

#endif
