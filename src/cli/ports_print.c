/* SPDX-License-Identifier: MIT */
#include "cli/ports_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

/* From here on the kernel's choice of a port is about to fail. */
#define NEARLY_FULL_PERCENT 90

static uint32_t percent(uint32_t part, uint32_t whole)
{
	return whole == 0 ? 100 : (uint32_t)(UINT64_C(100) * part / whole);
}

/* The address without the port 0. */
static const char *format_source(const struct midair_endpoint *source,
				 char buffer[MIDAIR_ENDPOINT_TEXT_SIZE])
{
	char *colon;

	midair_endpoint_format(source, buffer);
	colon = strrchr(buffer, ':');
	if (colon != NULL)
		*colon = '\0';
	return buffer;
}

/* ---- text ---- */

static void print_state(const struct midair_ports_state *state)
{
	printf("ports %u-%u: the kernel gives out %" PRIu32 " of them, %" PRIu32 " reserved\n",
	       state->first_port, state->last_port, state->pool_size, state->n_reserved);
	printf("in use by any socket: %" PRIu32 " (%" PRIu32 " %%), %" PRIu32
	       " of them locked by bind() or listeners\n",
	       state->n_in_use, percent(state->n_in_use, state->pool_size), state->n_locked);
	printf("connections from them: %" PRIu32 ", %" PRIu32 " in TIME_WAIT; %" PRIu32
	       " pairs of source and destination\n",
	       state->n_connections, state->n_time_wait, state->n_pairs);
}

static void print_row(const struct midair_ports_row *row)
{
	char source[MIDAIR_ENDPOINT_TEXT_SIZE];
	char remote[MIDAIR_ENDPOINT_TEXT_SIZE];

	printf("%-23s %-23s %7" PRIu32 " %7" PRIu32 " %3" PRIu32 " %% %9" PRIu32 "%s\n",
	       format_source(&row->source, source),
	       midair_endpoint_format(&row->remote, remote), row->n_in_use, row->pool_size,
	       percent(row->n_in_use, row->pool_size), row->n_time_wait,
	       row->is_past_cliff ? "  past half" : "");
}

/* What to do, each line only when it is true. */
static void print_advice(const struct midair_ports_state *state,
			 const struct midair_ports_row *fullest)
{
	bool is_cliff = fullest->is_past_cliff;

	if (is_cliff)
		puts("Past half: half of the ports, those of one parity, are used up, and each connect()\n"
		     "walks over used ports to find a free one. What helps: hand out the ports yourself\n"
		     "(SO_REUSEPORT and a free list), more source addresses or destinations, a wider\n"
		     "net.ipv4.ip_local_port_range.");
	if (is_cliff && fullest->n_time_wait > fullest->n_in_use / 2)
		printf("Most of them are in TIME_WAIT: let the other end close first, or set "
		       "net.ipv4.tcp_tw_reuse=1 (now %d)%s.\n",
		       state->time_wait_reuse,
		       state->has_timestamps ? "" : " and net.ipv4.tcp_timestamps=1");
	if (percent(state->n_in_use, state->pool_size) >= NEARLY_FULL_PERCENT)
		puts("bind() with port 0 gives each port once, whatever the destination, and is about to\n"
		     "fail. What helps: IP_BIND_ADDRESS_NO_PORT, or no bind() before connect().");
}

void ports_print_text(struct midair_ports *ports, uint32_t n_rows)
{
	struct midair_ports_state state;
	struct midair_ports_row row;
	struct midair_ports_row fullest = {.n_in_use = 0};

	midair_ports_read(ports, &state);
	print_state(&state);
	for (uint32_t i = 0; i < n_rows && midair_ports_next(ports, &row) == 0; i++) {
		if (i == 0) {
			fullest = row;
			printf("%-23s %-23s %7s %7s %5s %9s\n", "Source", "Destination",
			       "In use", "Pool", "Fill", "TIME_WAIT");
		}
		print_row(&row);
	}
	if (state.n_pairs > n_rows)
		printf("(%" PRIu32 " more pairs; --top shows them)\n", state.n_pairs - n_rows);
	print_advice(&state, &fullest);
}

/* ---- JSON ---- */

static void json_state(const struct midair_ports_state *state)
{
	struct json json;

	json_begin(&json, stdout);
	json_string(&json, "event", "ports");
	json_integer(&json, "first_port", state->first_port);
	json_integer(&json, "last_port", state->last_port);
	json_integer(&json, "reserved", state->n_reserved);
	json_integer(&json, "pool_size", state->pool_size);
	json_integer(&json, "in_use", state->n_in_use);
	json_integer(&json, "locked", state->n_locked);
	json_integer(&json, "connections", state->n_connections);
	json_integer(&json, "time_wait", state->n_time_wait);
	json_integer(&json, "pairs", state->n_pairs);
	json_integer(&json, "tcp_tw_reuse", state->time_wait_reuse);
	json_boolean(&json, "tcp_timestamps", state->has_timestamps);
	json_end(&json);
}

static void json_row(const struct midair_ports_row *row)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct json json;

	json_begin(&json, stdout);
	json_string(&json, "event", "pair");
	json_string(&json, "source", format_source(&row->source, text));
	json_string(&json, "destination", midair_endpoint_format(&row->remote, text));
	json_integer(&json, "in_use", row->n_in_use);
	json_integer(&json, "pool_size", row->pool_size);
	json_integer(&json, "connections", row->n_connections);
	json_integer(&json, "time_wait", row->n_time_wait);
	json_boolean(&json, "is_past_cliff", row->is_past_cliff);
	json_end(&json);
}

void ports_print_json(struct midair_ports *ports, uint32_t n_rows)
{
	struct midair_ports_state state;
	struct midair_ports_row row;

	midair_ports_read(ports, &state);
	json_state(&state);
	for (uint32_t i = 0; i < n_rows && midair_ports_next(ports, &row) == 0; i++)
		json_row(&row);
}

/* ---- metrics ---- */

static void print_head(const char *name, const char *help)
{
	printf("# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void print_gauge(const char *name, const char *help, uint32_t value)
{
	print_head(name, help);
	printf("%s %" PRIu32 "\n", name, value);
}

/* A label's value: backslash, quote and newline are escaped. */
static void print_label(const char *name, const char *value)
{
	printf("%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", stdout);
		else if (*value == '\\' || *value == '"')
			printf("\\%c", *value);
		else
			putchar(*value);
	}
	putchar('"');
}

static void print_pair_gauge(const char *name, const struct midair_ports_row *row,
			     uint32_t value)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	printf("%s{", name);
	print_label("source", format_source(&row->source, text));
	putchar(',');
	print_label("destination", midair_endpoint_format(&row->remote, text));
	printf("} %" PRIu32 "\n", value);
}

/* The format wants all samples of one name together, so the rows are kept. */
static void print_pairs(struct midair_ports *ports, uint32_t n_rows)
{
	struct midair_ports_row *rows = calloc(n_rows, sizeof(*rows));
	uint32_t n_read = 0;

	while (rows != NULL && n_read < n_rows && midair_ports_next(ports, &rows[n_read]) == 0)
		n_read++;
	print_head("midair_pair_ports_in_use",
		   "Ports that are not free for this source and destination.");
	for (uint32_t i = 0; i < n_read; i++)
		print_pair_gauge("midair_pair_ports_in_use", &rows[i], rows[i].n_in_use);
	print_head("midair_pair_time_wait", "Connections of the pair in TIME_WAIT.");
	for (uint32_t i = 0; i < n_read; i++)
		print_pair_gauge("midair_pair_time_wait", &rows[i], rows[i].n_time_wait);
	free(rows);
}

void ports_print_metrics(struct midair_ports *ports, uint32_t n_rows)
{
	struct midair_ports_state state;

	midair_ports_read(ports, &state);
	print_gauge("midair_ports_pool_size", "Local ports that the kernel gives out.",
		    state.pool_size);
	print_gauge("midair_ports_reserved", "Ports of the range that are reserved.",
		    state.n_reserved);
	print_gauge("midair_ports_in_use", "Ports of the pool that any socket uses.",
		    state.n_in_use);
	print_gauge("midair_ports_locked",
		    "Ports of the pool that a listening or bound socket keeps.",
		    state.n_locked);
	print_gauge("midair_ports_connections", "Connections from a port of the pool.",
		    state.n_connections);
	print_gauge("midair_ports_time_wait", "Of those, in TIME_WAIT.", state.n_time_wait);
	print_gauge("midair_ports_pairs", "Pairs of source address and destination.",
		    state.n_pairs);
	print_pairs(ports, n_rows);
}
