/* SPDX-License-Identifier: MIT */
#include "lab/reason.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int lab_fail(struct lab_reason *reason, int error, const char *format, ...)
{
	va_list arguments;
	size_t used;

	if (!reason)
		return error ? -error : -EINVAL;
	va_start(arguments, format);
	vsnprintf(reason->text, sizeof(reason->text), format, arguments);
	va_end(arguments);
	used = strlen(reason->text);
	if (error)
		snprintf(reason->text + used, sizeof(reason->text) - used, ": %s",
			 strerror(error));
	return error ? -error : -EINVAL;
}
