/* SPDX-License-Identifier: MIT */
#include "check_boxes.h"

#include <stdio.h>

static const char *const mappings[] = {"eim", "adm", "apdm"};
static const char *const filterings[] = {"eif", "adf", "apdf"};
static const char *const allocations[] = {"preserve", "sequential:1", "random"};
static const char *const reactions[] = {"drop", "rst", "icmp"};
static const char *const syn_ins[] = {"", "/refuse-syn-in"};
static const char *const resets[] = {"", "/keep-on-reset"};
static const char *const hairpins[] = {"", "/hairpin"};

/* The next digit of a number whose digits have different bases. */
static uint32_t digit(uint32_t *n, uint32_t base)
{
	uint32_t value = *n % base;

	*n /= base;
	return value;
}

void check_nat(struct check_box *box, uint32_t n)
{
	const char *mapping = mappings[digit(&n, 3)];
	const char *filtering = filterings[digit(&n, 3)];
	const char *allocation = allocations[digit(&n, 3)];
	const char *reaction = reactions[digit(&n, 3)];
	const char *syn_in = syn_ins[digit(&n, 2)];
	const char *reset = resets[digit(&n, 2)];

	*box = (struct check_box){.is_ipv6 = false};
	snprintf(box->behavior, sizeof(box->behavior), "%s/%s/%s/%s%s%s%s", mapping, filtering,
		 allocation, reaction, syn_in, reset, hairpins[digit(&n, 2)]);
}

void check_firewall(struct check_box *box, uint32_t n)
{
	const char *filtering = filterings[digit(&n, 3)];
	const char *reaction = reactions[digit(&n, 3)];
	const char *syn_in = syn_ins[digit(&n, 2)];

	*box = (struct check_box){.is_ipv6 = true};
	snprintf(box->behavior, sizeof(box->behavior), "firewall/%s/%s%s%s", filtering,
		 reaction, syn_in, resets[digit(&n, 2)]);
}

const struct check_box check_others[] = {
	{"public", false, false},
	{"public", true, false},
	{"drop", false, false},
	{"rst", false, false},
	{"icmp", false, false},
	{"rst", false, true},
	{"apdm/apdf/random/drop", false, false},
	{"apdm/apdf/random/rst", false, false},
	{"apdm/apdf/random/rst", false, true},
	{"firewall/drop", false, false},
	{"firewall/rst", false, false},
	{"firewall/drop/keep-on-reset", false, false},
	{"apdm/apdf/sequential:7/drop", false, false},
	{"eim/apdf/sequential:10/rst", false, false},
};

const size_t n_check_others = sizeof(check_others) / sizeof(check_others[0]);
