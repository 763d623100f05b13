/* SPDX-License-Identifier: MIT */
/*
 * silent_resolver: a place where every look-up of a name hangs: namespaces of our own, in which
 * the resolver is asked at 127.0.0.1, where somebody takes the questions and never answers.
 */
#ifndef MIDAIR_TESTS_SILENT_RESOLVER_H
#define MIDAIR_TESTS_SILENT_RESOLVER_H

/* Runs the function there, in a child process, and returns what it returned (0 to 127); 77 when
 * such a place cannot be made here. */
int in_silent_network(int (*run)(void));

#endif
