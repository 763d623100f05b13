/* SPDX-License-Identifier: MIT */
/* check_boxes: the boxes behind which `midair check` is measured. */
#ifndef MIDAIR_TESTS_CHECK_BOXES_H
#define MIDAIR_TESTS_CHECK_BOXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/nat.h"

struct check_box {
	char behavior[NAT_BEHAVIOR_TEXT_SIZE];
	bool is_ipv6;
	bool is_kernel_reset; /* the box's kernel answers strangers by itself, no rule does */
};

/* Of IPv4, every kind of mapping, filter, ports, reaction, ... with each other: a NAT. */
#define CHECK_NATS (3u * 3 * 3 * 3 * 2 * 2 * 2)
/* Of IPv6, every kind of filter, reaction, ... with each other: a firewall. */
#define CHECK_FIREWALLS (3u * 3 * 2 * 2)

void check_nat(struct check_box *box, uint32_t n);
void check_firewall(struct check_box *box, uint32_t n);

/* Others: the kernel's boxes, hosts without one, larger steps. */
extern const struct check_box check_others[];
extern const size_t n_check_others;

#endif
