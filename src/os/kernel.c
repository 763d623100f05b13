/* SPDX-License-Identifier: MIT */
#include "os/kernel.h"

#include <stdlib.h>
#include <sys/utsname.h>

bool kernel_is_at_least(unsigned long major, unsigned long minor)
{
	struct utsname name;
	char *end;

	if (uname(&name) < 0)
		return false;
	unsigned long own_major = strtoul(name.release, &end, 10);
	unsigned long own_minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	return own_major > major || (own_major == major && own_minor >= minor);
}
