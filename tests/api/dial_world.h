/* SPDX-License-Identifier: MIT */
/* dial_world: what the tests of dial and pool share, on top of platform.h. */
#ifndef MIDAIR_TESTS_DIAL_WORLD_H
#define MIDAIR_TESTS_DIAL_WORLD_H

#include "midair/midair.h"
#include "tests/platform/platform.h"

struct midair_endpoint endpoint_of(const char *text);
struct midair_endpoint local_of(int fd);

/* A configuration; local NULL: none. */
struct midair_dial_config dial_config(const char *local, const char *remote,
				      enum midair_dial_policy policy);

/* A listener on every address of the family, with room for 4096 connections. */
int listener_everywhere(uint8_t family, uint16_t port);

/* Takes every connection that waits off the listener and closes it; returns how many. */
uint32_t accept_and_close(int listener);

/* Sets a number in /proc/sys/net/ipv4 of our network; false: this user may not. */
bool set_sysctl(const char *name, const char *value);

/* From now on this process has no rights. */
void drop_rights(void);

/* Runs the test in a process of its own and wants it to succeed. */
void in_child(void (*test)(void));

#endif
