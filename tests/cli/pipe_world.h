/* SPDX-License-Identifier: MIT */
/* pipe_world: a rendezvous server on an address of this test's own, and the ends of pipes. */
#ifndef MIDAIR_TESTS_PIPE_WORLD_H
#define MIDAIR_TESTS_PIPE_WORLD_H

#include "tests/cli/command.h"

/* Starts midair serve there and waits until it accepts. */
struct command *server_start(const struct midair_endpoint *at);
/* The same with one more option. */
struct command *server_start_with(const struct midair_endpoint *at, const char *option);
/* SIGTERM; it must end well. */
void server_stop(struct command *server);

/* "127.1.2.3:1314" of the server that server_start() started last. */
const char *server_text(void);

/* midair pipe --server SERVER --from ADDRESS and the options up to NULL. Side 1 and side 2 have
 * addresses of their own, so that one host looks like two. */
struct command *pipe_start(uint8_t side, const char *const options[]);

/* A first side with a new code. */
struct command *pipe_start_first(char code[MIDAIR_CODE_SIZE]);

void pipe_end_well(struct command *pipe, const char *output);
/* Until its end, which must be this exit status; frees it. */
void pipe_end_with(struct command *pipe, int status);

#endif
