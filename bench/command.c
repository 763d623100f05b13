/* SPDX-License-Identifier: MIT */
#include "bench/command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

int command_open_midair(struct lab_reason *reason)
{
	const char *own = (const char *)getauxval(AT_EXECFN);
	const char *end = own ? strrchr(own, '/') : NULL;
	char path[PATH_MAX];
	int fd = -ENOENT;

	if (end && snprintf(path, sizeof(path), "%.*s/midair", (int)(end - own), own) <
			   (int)sizeof(path))
		fd = program_open(path);
	return fd < 0 ? lab_fail(reason, -fd, "cannot find the program midair") : fd;
}

int command_start(struct program **program, const struct bench_command *command,
		  const struct network *network, enum lab_side side, struct lab_reason *reason)
{
	const struct program_config config = {
		.namespace_fd = network_host_namespace(network, side),
		.executable_fd = command->midair_fd,
		.arguments = command->arguments,
		.environment = command->environment,
	};

	return program_start(program, &config, reason);
}
