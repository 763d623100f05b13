/* SPDX-License-Identifier: MIT */
#include "os/socket_count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "os/cleanup.h"

/* The number behind " NAME ", 0 when there is none. */
static uint64_t number_behind(const char *line, const char *name)
{
	const char *found = strstr(line, name);

	return found == NULL ? 0 : strtoull(found + strlen(name), NULL, 10);
}

uint64_t socket_count_read(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/net/sockstat", "re");
	char line[256];

	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "TCP:", 4) == 0)
			return number_behind(line, " alloc ") + number_behind(line, " tw ");
	}
	return 0;
}
