/* SPDX-License-Identifier: MIT */
/* pipe_options: the words of midair pipe, read and checked. */
#ifndef MIDAIR_CLI_PIPE_OPTIONS_H
#define MIDAIR_CLI_PIPE_OPTIONS_H

#include "cli/secret.h"
#include "cli/tell.h"
#include "midair/midair.h"

struct pipe_options {
	char code[MIDAIR_CODE_SIZE]; /* ""; or in normal form */
	const char *server;	     /* --server; NULL: the environment, the file */
	struct secret_source secret;
	bool is_staying;	      /* --stay */
	const char *from;	      /* as it was written, or NULL */
	struct midair_endpoint local; /* --from, -4, -6 */
	uint32_t n_words;	      /* 0: the default */
	uint32_t wait_ms;	      /* 0: the default */
	uint32_t timeout_ms;	      /* the same */
	uint32_t flags;
	uint8_t family; /* FAMILY_NONE: both */
	enum tell_mode mode;
};

/* Returns -1 to go on, or the exit status; has told why. */
int pipe_options_read(struct pipe_options *options, int argc, char **argv);

#endif
