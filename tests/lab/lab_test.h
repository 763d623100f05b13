/* SPDX-License-Identifier: MIT */
/* lab_test: what the tests of the lab share. cmocka.h wants the others before it. */
#ifndef MIDAIR_TESTS_LAB_TEST_H
#define MIDAIR_TESTS_LAB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/network.h"

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

/* For tables: says which row it was. */
#define EXPECT(condition, row)                                                                 \
	do {                                                                                   \
		if (!(condition))                                                              \
			fail_msg("row \"%s\": not true: %s", (row), #condition);               \
	} while (0)

/*
 * Runs the group, which returns its number of failures, inside namespace_run(), as an
 * unprivileged user: root becomes nobody first, unless LAB_KEEP_USER is set. Returns main()'s
 * value: 77 where this machine allows no lab, and 1 instead when LAB_REQUIRED=1.
 */
int lab_test_main(int (*group)(void *context));

/* Runs each test in a process of its own, all at once: for those that mostly wait. Returns how many
 * failed. */
size_t lab_test_all_at_once(const struct CMUnitTest *tests, size_t n_tests);

/* Gives root up for good. */
void lab_test_drop_root(void);

/* The value for "cannot run here": 77, or 1 with LAB_REQUIRED=1. Says why. */
int lab_test_skip(const char *reason);

/* A network of one line in the form of scenarios.conf, without its name. Fails the test when it
 * cannot be built. */
struct network *lab_test_network(const char *line);
struct network *lab_test_layout(const char *line, enum network_layout layout);

/* A socket in the host's namespace, bound to its own address and the port (0: any). */
int lab_test_socket(const struct network *network, enum lab_side side,
		    enum midair_family family, int type, uint16_t port);

/* What side must name, with the port. */
struct midair_endpoint lab_test_peer(const struct network *network, enum lab_side side,
				     enum midair_family family, uint16_t port);

/* connect(), non-blocking; 0 or -EINPROGRESS, else the test fails. */
void lab_test_dial(int fd, const struct midair_endpoint *remote);

/* Waits until the dial has come to its end. Returns 0 connected, -errno refused, -EINPROGRESS
 * when neither in timeout_ms. */
int lab_test_outcome(int fd, int timeout_ms);

/* Whether the kernel box's chain (firewall.h) has a rule with the text, as nft lists it. */
bool lab_test_has_rule(const struct network *network, enum lab_side side, const char *chain,
		       const char *text);

/* Waits until fd is readable. False after timeout_ms. */
bool lab_test_readable(int fd, int timeout_ms);

#endif
