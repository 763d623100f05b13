/* SPDX-License-Identifier: MIT */
/*
 * owner: which process holds a socket's inode.
 *
 * A picture of one moment: a process that starts or ends meanwhile may be missing, which is no
 * error. Only the file tables of thread group leaders are read.
 */
#ifndef MIDAIR_OS_OWNER_H
#define MIDAIR_OS_OWNER_H

#include "midair/midair.h"

struct owner_process {
	int32_t pid;
	char name[MIDAIR_PROCESS_NAME_SIZE];
};

/*
 * Takes one descriptor of a socket. The descriptors of a process follow one another, processes
 * come by ascending pid. A value other than 0 ends the visit: OWNER_VISIT_END with success, any
 * other is what the visit returns.
 */
typedef int (*owner_handler)(void *context, uint64_t inode,
			     const struct owner_process *process);
#define OWNER_VISIT_END 1

/* Reads /proc. *n_hidden: processes whose files this user may not see. Returns 0, the
 * handler's value, or -errno. */
int owner_visit(owner_handler handler, void *context, size_t *n_hidden);

/* A name is printed on terminals and in JSON: everything but printable ASCII becomes "?". */
void owner_clean_name(char *name);

#endif
