/* SPDX-License-Identifier: MIT */
#include "cli/dial_range.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A piece of text that is not NUL-terminated. */
struct piece {
	const char *start;
	size_t length;
};

/* Cuts the text before the first separator outside of brackets off *rest. */
static struct piece cut(struct piece *rest, char separator)
{
	struct piece head = {.start = rest->start};
	bool is_bracketed = false;

	for (; head.length < rest->length; head.length++) {
		char byte = rest->start[head.length];

		is_bracketed = byte == '[' || (is_bracketed && byte != ']');
		if (byte == separator && !is_bracketed)
			break;
	}
	size_t n_cut = head.length < rest->length ? head.length + 1 : head.length;
	rest->start += n_cut;
	rest->length -= n_cut;
	return head;
}

static int parse_port(uint16_t *port, struct piece text)
{
	unsigned int value = 0;

	if (text.length == 0)
		return MIDAIR_E_SYNTAX;
	for (size_t i = 0; i < text.length; i++) {
		if (text.start[i] < '0' || text.start[i] > '9')
			return MIDAIR_E_SYNTAX;
		value = value * 10 + (unsigned int)(text.start[i] - '0');
		if (value > UINT16_MAX)
			return MIDAIR_E_RANGE;
	}
	*port = (uint16_t)value;
	return value == 0 ? MIDAIR_E_RANGE : 0;
}

/* "40000" or "40000-40999" */
static int parse_ports(struct dial_range *range, struct piece text)
{
	bool is_range = memchr(text.start, '-', text.length) != NULL;
	struct piece first = cut(&text, '-');
	int result = parse_port(&range->first_port, first);

	range->last_port = range->first_port;
	if (result == 0 && is_range)
		result = parse_port(&range->last_port, text);
	if (result == 0 && range->last_port < range->first_port)
		return MIDAIR_E_RANGE;
	return result;
}

static int parse_address(struct midair_endpoint *address, struct piece text)
{
	char with_port[MIDAIR_ENDPOINT_TEXT_SIZE];

	if (text.length + sizeof(":1") > sizeof(with_port))
		return MIDAIR_E_SYNTAX;
	snprintf(with_port, sizeof(with_port), "%.*s:1", (int)text.length, text.start);
	int result = midair_endpoint_parse(address, with_port);

	address->port = 0;
	return result;
}

static int add_address(struct dial_range *range, const struct midair_endpoint *address)
{
	if (range->n_addresses == DIAL_ADDRESSES_MAX)
		return MIDAIR_E_LIMIT;
	if (range->n_addresses > 0 && range->addresses[0].family != address->family)
		return MIDAIR_E_RANGE;
	/* Room grows at powers of two. */
	if ((range->n_addresses & (range->n_addresses - 1)) == 0) {
		size_t room = range->n_addresses == 0 ? 1 : range->n_addresses * 2;
		struct midair_endpoint *grown =
			reallocarray(range->addresses, room, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		range->addresses = grown;
	}
	range->addresses[range->n_addresses++] = *address;
	return 0;
}

/* The next address in numerical order. */
static void increment(struct midair_endpoint *address)
{
	int last = address->family == MIDAIR_IPV4 ? 3 : 15;

	for (int i = last; i >= 0 && ++address->address[i] == 0; i--)
		;
}

static int add_addresses(struct dial_range *range, struct piece text)
{
	bool is_range = memchr(text.start, '-', text.length) != NULL;
	struct piece first_text = cut(&text, '-');
	struct midair_endpoint first, last;
	int result = parse_address(&first, first_text);

	last = first;
	if (result == 0 && is_range)
		result = parse_address(&last, text);
	if (result == 0 && (first.family != last.family || first.scope_id != last.scope_id ||
			    memcmp(first.address, last.address, sizeof(first.address)) > 0))
		return MIDAIR_E_RANGE;
	while (result == 0) {
		result = add_address(range, &first);
		if (memcmp(first.address, last.address, sizeof(first.address)) == 0)
			break;
		increment(&first);
	}
	return result;
}

/* The colon before the ports: the last one, and not one of an IPv6 address. */
static const char *find_colon(const char *text)
{
	const char *bracket = strrchr(text, ']');

	return strrchr(bracket != NULL ? bracket : text, ':');
}

static int parse(struct dial_range *range, const char *text, bool is_port_enough)
{
	const char *colon = find_colon(text);
	struct piece addresses = {.start = text};
	int result;

	if (colon == NULL) {
		if (!is_port_enough)
			return MIDAIR_E_SYNTAX;
		return parse_ports(range, (struct piece){text, strlen(text)});
	}
	addresses.length = (size_t)(colon - text);
	if (addresses.length > 0 && colon[-1] == ',')
		return MIDAIR_E_SYNTAX;
	do {
		result = add_addresses(range, cut(&addresses, ','));
	} while (result == 0 && addresses.length > 0);
	if (result == 0)
		result = parse_ports(range, (struct piece){colon + 1, strlen(colon + 1)});
	return result;
}

int dial_range_parse(struct dial_range *range, const char *text, bool is_port_enough)
{
	struct dial_range parsed = {.n_addresses = 0};
	int result = parse(&parsed, text, is_port_enough);

	if (result != 0)
		dial_range_free(&parsed);
	else
		*range = parsed;
	return result;
}

int dial_range_resolve(struct dial_range *range, const char *text, uint32_t timeout_ms)
{
	struct midair_endpoint found[MIDAIR_PEERS_MAX];
	struct dial_range resolved = {.is_name = true};
	const char *colon = find_colon(text);
	char one_port[320];
	size_t n_found = MIDAIR_PEERS_MAX;
	int result;

	if (colon == NULL)
		return MIDAIR_E_SYNTAX;
	result = parse_ports(&resolved, (struct piece){colon + 1, strlen(colon + 1)});
	if (result != 0)
		return result;
	int length = snprintf(one_port, sizeof(one_port), "%.*s:%u", (int)(colon - text), text,
			      resolved.first_port);
	if (length >= (int)sizeof(one_port))
		return MIDAIR_E_SYNTAX;
	result = midair_resolve(one_port, timeout_ms, found, &n_found);
	if (result != 0)
		return result;
	resolved.addresses = calloc(n_found, sizeof(found[0]));
	if (resolved.addresses == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n_found; i++) {
		resolved.addresses[i] = found[i];
		resolved.addresses[i].port = 0;
	}
	resolved.n_addresses = n_found;
	*range = resolved;
	return 0;
}

void dial_range_keep_family(struct dial_range *range, uint8_t family)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < range->n_addresses; i++)
		if (family == MIDAIR_FAMILY_NONE || range->addresses[i].family == family)
			range->addresses[n_kept++] = range->addresses[i];
	range->n_addresses = n_kept;
}

void dial_range_free(struct dial_range *range)
{
	free(range->addresses);
	*range = (struct dial_range){.n_addresses = 0};
}
