/* SPDX-License-Identifier: MIT */
#include "cli/unbound.h"

#include <errno.h>
#include <stdio.h>

#include "cli/exit.h"
#include "cli/explain.h"

static void explain(const struct tell *tell, const struct midair_endpoint *local,
		    unsigned int families)
{
	static const uint8_t each[] = {MIDAIR_IPV6, MIDAIR_IPV4};

	for (size_t i = 0; i < sizeof(each); i++) {
		struct midair_endpoint end = *local;

		if (local->family != MIDAIR_FAMILY_NONE && local->family != each[i])
			continue;
		if ((families & (each[i] == MIDAIR_IPV6 ? UNBOUND_IPV6 : UNBOUND_IPV4)) == 0)
			continue;
		end.family = each[i];
		explain_failure(stderr, tell->mode == TELL_JSON, &end, NULL,
				MIDAIR_WHY_REUSEPORT | MIDAIR_WHY_IPV6_ONLY);
	}
}

/* bind() failed: on the address, or on the port? */
int unbound_tell(struct tell *tell, const struct midair_endpoint *local, unsigned int families,
		 int result)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	char what[MIDAIR_ENDPOINT_TEXT_SIZE + 128];
	const char *advice = "";
	int status = exit_status_of(result);

	if (local->family == MIDAIR_FAMILY_NONE)
		snprintf(text, sizeof(text), "port %u", local->port);
	else
		midair_endpoint_format(local, text);
	if (result == -EADDRNOTAVAIL)
		advice = " (this machine does not have that address)";
	else if (result == -EACCES)
		advice =
			" (ports below 1024 are the administrator's: choose another with --from)";
	snprintf(what, sizeof(what), "cannot use local %s%s", text, advice);
	tell_error(tell, what, result);
	if (status == EXIT_SYSTEM)
		explain(tell, local, families);
	return status;
}
