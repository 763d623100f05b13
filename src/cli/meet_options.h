/* SPDX-License-Identifier: MIT */
/* meet_options: the words of midair meet, read and checked. */
#ifndef MIDAIR_CLI_MEET_OPTIONS_H
#define MIDAIR_CLI_MEET_OPTIONS_H

#include "cli/secret.h"
#include "cli/tell.h"
#include "midair/midair.h"

struct meet_options {
	const char *peer;	      /* NULL: only --stun */
	const char *from;	      /* --from as it was written, or NULL */
	struct midair_endpoint local; /* and read; port 0 only where the secret gives it */
	const char *at;		      /* NULL: at once */
	struct midair_instant instant;
	uint32_t timeout_ms; /* 0: the default */
	uint32_t flags;
	uint8_t family; /* FAMILY_NONE: both */
	struct secret_source secret;
	const char *stun; /* HOST[:PORT], NULL: nobody is asked */
	enum tell_mode mode;
};

/* Returns -1 to go on, or the exit status; has told why. */
int meet_options_read(struct meet_options *options, int argc, char **argv);

#endif
