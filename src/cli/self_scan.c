/* SPDX-License-Identifier: MIT */
#include "cli/self_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/row.h"
#include "midair/midair.h"

/* ---- --scan ------------------------------------------------------------------------------- */

static void print_found(struct midair_table *table, bool json)
{
	struct midair_row row;
	struct json object;

	if (!json && midair_table_count(table) > 0)
		row_print_header(stdout);
	while (midair_table_next(table, &row) == 0) {
		if (!json) {
			row_print(stdout, &row);
			continue;
		}
		json_begin(&object, stdout);
		row_add_json(&object, &row);
		json_end(&object);
	}
}

int self_scan(bool json)
{
	const struct midair_selection selection = {
		.size = sizeof(selection),
		.is_self_connected = true,
	};
	struct midair_table *table;
	int result = midair_table_select(
		&table, MIDAIR_TABLE_PROCESSES | MIDAIR_TABLE_ALL_STATES, &selection);

	if (result != 0) {
		fprintf(stderr, "midair self: cannot read the kernel's sockets: %s\n",
			midair_strerror(result));
		return EXIT_SYSTEM;
	}
	if (midair_table_count(table) == 0 && !json)
		fputs("no connection of this machine is connected to itself\n", stderr);
	print_found(table, json);
	if (midair_table_is_partial(table))
		fputs("(The processes of other users are not shown; root sees them all.)\n",
		      stderr);
	midair_table_free(table);
	return EXIT_DONE;
}

/* ---- --odds ------------------------------------------------------------------------------- */

static const struct {
	enum midair_port_choice choice;
	const char *name; /* in JSON */
	const char *text;
} choices[] = {
	{MIDAIR_CHOICE_CONNECT, "connect", "connect() alone"},
	{MIDAIR_CHOICE_BIND, "bind", "bind() to port 0, connect()"},
	{MIDAIR_CHOICE_RANGE, "range", "IP_LOCAL_PORT_RANGE, connect()"},
};

/* Why it cannot be, in the order of what the kernel looks at. */
static const char *reason(const struct midair_self_odds *odds, uint16_t port)
{
	if (!odds->is_in_range)
		return "never: the kernel takes no port outside its range";
	if (odds->is_reserved)
		return "never: the port is reserved";
	if (odds->has_wrong_parity)
		return port % 2 == 0 ? "never: it takes odd ports, as long as one is free"
				     : "never: it takes even ports, as long as one is free";
	return "never: every port is reserved";
}

static void print_odds(size_t i, const struct midair_self_odds *odds, uint16_t port)
{
	printf("  %-31s ", choices[i].text);
	if (!odds->is_possible) {
		puts(reason(odds, port));
		return;
	}
	printf("one try in %" PRIu32 ": half of all within %" PRIu32 ", 99 %% within %" PRIu32
	       " tries\n",
	       odds->n_candidates, odds->median_tries, odds->p99_tries);
}

static void print_odds_json(size_t i, const struct midair_self_odds *odds, uint16_t port)
{
	struct json json;

	json_begin(&json, stdout);
	json_integer(&json, "port", port);
	json_string(&json, "choice", choices[i].name);
	json_boolean(&json, "possible", odds->is_possible);
	json_boolean(&json, "in_range", odds->is_in_range);
	json_boolean(&json, "reserved", odds->is_reserved);
	json_boolean(&json, "wrong_parity", odds->has_wrong_parity);
	json_integer(&json, "first_port", odds->first_port);
	json_integer(&json, "last_port", odds->last_port);
	if (odds->is_possible) {
		json_integer(&json, "candidates", odds->n_candidates);
		json_integer(&json, "median_tries", odds->median_tries);
		json_integer(&json, "mean_tries", odds->mean_tries);
		json_integer(&json, "p99_tries", odds->p99_tries);
	}
	json_end(&json);
}

static void print_advice(uint16_t port)
{
	printf("To rule it out: sysctl -w net.ipv4.ip_local_reserved_ports=%u (together with\n"
	       "what is reserved already), or a port outside the range, or a client that compares\n"
	       "getsockname() with getpeername().\n",
	       (unsigned int)port);
}

/* Returns the port, or 0. */
static uint16_t read_port(const char *text)
{
	size_t length = strlen(text);

	if (length < 1 || length > 5 || strspn(text, "0123456789") != length)
		return 0;
	unsigned long number = strtoul(text, NULL, 10);
	return number <= UINT16_MAX ? (uint16_t)number : 0;
}

int self_odds_of(const char *text, bool json)
{
	uint16_t port = read_port(text);
	struct midair_self_odds odds;
	bool is_possible = false;

	if (port == 0) {
		fprintf(stderr,
			"midair self: the port is a number from 1 to 65535, not \"%s\" (midair self "
			"--help)\n",
			text);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		int result = midair_self_odds_read(port, choices[i].choice, &odds);

		if (result != 0) {
			fprintf(stderr, "midair self: cannot read the range of ports: %s\n",
				midair_strerror(result));
			return EXIT_SYSTEM;
		}
		if (i == 0 && !json)
			printf("port %u, where nobody listens, dialled again and again from this "
			       "machine;\nthe kernel gives out %u to %u:\n",
			       (unsigned int)port, (unsigned int)odds.first_port,
			       (unsigned int)odds.last_port);
		if (json)
			print_odds_json(i, &odds, port);
		else
			print_odds(i, &odds, port);
		is_possible |= odds.is_possible;
	}
	if (is_possible && !json)
		print_advice(port);
	return EXIT_DONE;
}
