/* SPDX-License-Identifier: MIT */
/* internet: "midair serve" in the middle of the lab, and the commands, as people type them, on the
 * hosts. What does not come about fails the test. */
#ifndef MIDAIR_TESTS_LAB_INTERNET_H
#define MIDAIR_TESTS_LAB_INTERNET_H

#include "lab_test.h"

#include "lab/program.h"

#define INTERNET_SERVER "192.0.2.1:1314"
/* Of one command, with its NULL. */
#define INTERNET_ARGUMENTS 8
/* For what takes no time, on a busy machine. */
#define INTERNET_TIMEOUT_MS 20000

struct internet {
	struct network *network;
	bool has_relay;
	struct program *server;
};

/* The main() of a test that is called with the path of midair; see lab_test_main(). */
int internet_main(int argc, char **argv, int (*group)(void *context));

/* A network by lab_test_network(), with a server that is ready. */
struct internet internet_new(const char *line);
/* Around a network that is there, which it owns from then on; the server has "--relay" or not. */
struct internet internet_around(struct network *network, bool has_relay);
void internet_free(struct internet *internet);

/* Side a's box forgets all connections. */
void internet_restart_box(const struct internet *internet);

/* "midair serve", where the one before was killed. */
struct program *internet_start_server(const struct internet *internet);
/* arguments[0] is "midair". */
struct program *internet_start(const struct internet *internet, enum lab_side side,
			       const char *const arguments[INTERNET_ARGUMENTS]);
/* "midair pipe"; code and option may be NULL. */
struct program *internet_start_pipe(const struct internet *internet, enum lab_side side,
				    const char *code, const char *option);

/* In what it says, what comes out of it, how it ends (which frees it). */
void internet_expect_words(struct program *program, const char *words);
void internet_expect_output(struct program *program, const char *words);
void internet_expect_end(struct program *program, int status);

/* The code that "midair pipe" prints for its user. */
void internet_read_code(struct program *program, char code[MIDAIR_CODE_SIZE]);

/* A pipe with a code from a to b: "path: direct", or where the server has a relay "path: relayed",
 * and nothing else is tried. */
void internet_open_pipe(const struct internet *internet, struct program *ends[2]);

/* A word each way, and an end that is whole on both sides. */
void internet_talk_and_end(struct program *a, struct program *b);

#endif
