/* SPDX-License-Identifier: MIT */
/* preload_target: whether a preloaded library reaches a program, from its file. */
#ifndef MIDAIR_CLI_PRELOAD_TARGET_H
#define MIDAIR_CLI_PRELOAD_TARGET_H

#include <limits.h>
#include <stdbool.h>

/* A script whose interpreter is a script ...: the kernel allows five. */
#define SCRIPT_DEPTH_MAX 5

enum preload_obstacle {
	PRELOAD_REACHES = 0,
	PRELOAD_STATIC,	       /* no dynamic loader */
	PRELOAD_GO,	       /* Go calls the kernel directly */
	PRELOAD_PRIVILEGED,    /* set-user-ID and the like: the loader ignores LD_PRELOAD */
	PRELOAD_ARCHITECTURE,  /* another word size or processor */
	PRELOAD_OTHER_LIBRARY, /* another C library than ours */
};

struct preload_target {
	char path
		[PATH_MAX]; /* of the file that was looked at last: the interpreter of a script */
	enum preload_obstacle obstacle;
};

/* Finds the command as execvp() does and looks at it. Returns 0, or -errno when there is nothing
 * that could be run (-ENOENT, -EACCES). A file that cannot be read is taken for reachable. */
int preload_target_look(struct preload_target *target, const char *command);

/* One line without a full stop. Static storage. */
const char *preload_obstacle_text(enum preload_obstacle obstacle);

#endif
