/* SPDX-License-Identifier: MIT */
/*
 * endpoint: reads and writes addresses strictly.
 *
 * IPv4 is four decimal numbers and nothing else: inet_aton() also takes "0x7f.1" and reads "010"
 * as octal, so that one text can mean two hosts. IPv6 is read as RFC 4291 2.2 says (with "::" and
 * an embedded IPv4 tail), and written as RFC 5952 says, so that equal addresses have equal texts.
 */
#include "core/endpoint.h"

#include <stdio.h>
#include <string.h>

#define N_GROUPS 8

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A whole decimal number without sign or leading zeros. Returns 0, SYNTAX or RANGE. */
static int parse_decimal(const char *text, size_t length, uint32_t maximum, uint32_t *value)
{
	uint64_t sum = 0;

	if (length == 0 || (length > 1 && text[0] == '0'))
		return MIDAIR_E_SYNTAX;
	for (size_t i = 0; i < length; i++) {
		if (!is_digit(text[i]))
			return MIDAIR_E_SYNTAX;
		if (sum <= maximum)
			sum = sum * 10 + (uint64_t)(text[i] - '0');
	}
	if (sum > maximum)
		return MIDAIR_E_RANGE;
	*value = (uint32_t)sum;
	return 0;
}

static bool parse_ipv4(const char *text, size_t length, uint8_t out[4])
{
	size_t start = 0;

	for (size_t part = 0; part < 4; part++) {
		size_t end = start;
		uint32_t value;

		while (end < length && text[end] != '.')
			end++;
		if ((end == length) != (part == 3))
			return false;
		if (parse_decimal(text + start, end - start, 255, &value) != 0)
			return false;
		out[part] = (uint8_t)value;
		start = end + 1;
	}
	return true;
}

static bool parse_group(const char *text, size_t length, uint16_t *group)
{
	unsigned int value = 0;

	if (length == 0 || length > 4)
		return false;
	for (size_t i = 0; i < length; i++) {
		int digit = hex_value(text[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (unsigned int)digit;
	}
	*group = (uint16_t)value;
	return true;
}

/* The groups that were read, and where "::" stood among them (-1: nowhere). */
struct groups {
	uint16_t value[N_GROUPS];
	size_t count;
	int gap;
};

/* One group, or the IPv4 tail that stands for the last two. Its text ends at a colon or at the
 * end. */
static bool take_group(struct groups *groups, const char *text, size_t length, bool is_last)
{
	uint8_t tail[4];

	if (groups->count < N_GROUPS &&
	    parse_group(text, length, &groups->value[groups->count])) {
		groups->count++;
		return true;
	}
	if (!is_last || groups->count + 2 > N_GROUPS || !parse_ipv4(text, length, tail))
		return false;
	groups->value[groups->count++] = (uint16_t)(tail[0] << 8 | tail[1]);
	groups->value[groups->count++] = (uint16_t)(tail[2] << 8 | tail[3]);
	return true;
}

static bool take_groups(struct groups *groups, const char *text, size_t length)
{
	size_t start = 0;

	if (length >= 2 && text[0] == ':' && text[1] == ':') {
		groups->gap = 0;
		start = 2;
	}
	while (start < length) {
		size_t end = start;

		while (end < length && text[end] != ':')
			end++;
		if (!take_group(groups, text + start, end - start, end == length))
			return false;
		if (end == length)
			return true;
		start = end + 1;
		if (start == length)
			return false; /* a single colon at the end */
		if (text[start] == ':') {
			if (groups->gap >= 0)
				return false;
			groups->gap = (int)groups->count;
			start++;
		}
	}
	return true;
}

static bool parse_ipv6(const char *text, size_t length, uint8_t out[16])
{
	struct groups groups = {.gap = -1};
	size_t n_missing;

	if (!take_groups(&groups, text, length))
		return false;
	n_missing = N_GROUPS - groups.count;
	/* "::" stands for one group or more (RFC 4291 2.2) */
	if ((groups.gap >= 0) != (n_missing > 0))
		return false;
	memset(out, 0, 16);
	for (size_t i = 0; i < groups.count; i++) {
		size_t at = i + (groups.gap >= 0 && i >= (size_t)groups.gap ? n_missing : 0);

		out[2 * at] = (uint8_t)(groups.value[i] >> 8);
		out[2 * at + 1] = (uint8_t)groups.value[i];
	}
	return true;
}

void endpoint_unmap(struct midair_endpoint *endpoint)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (endpoint->family != MIDAIR_IPV6 ||
	    memcmp(endpoint->address, mapped, sizeof(mapped)))
		return;
	memmove(endpoint->address, endpoint->address + 12, 4);
	memset(endpoint->address + 4, 0, 12);
	endpoint->family = MIDAIR_IPV4;
	endpoint->scope_id = 0;
}

static int parse_ipv6_scoped(struct midair_endpoint *endpoint, const char *text)
{
	const char *percent = strchr(text, '%');
	size_t length = percent ? (size_t)(percent - text) : strlen(text);
	struct midair_endpoint parsed = {.family = MIDAIR_IPV6};

	if (!parse_ipv6(text, length, parsed.address))
		return MIDAIR_E_SYNTAX;
	if (percent &&
	    parse_decimal(percent + 1, strlen(percent + 1), UINT32_MAX, &parsed.scope_id))
		return MIDAIR_E_SYNTAX;
	endpoint_unmap(&parsed);
	if (percent && parsed.family == MIDAIR_IPV4)
		return MIDAIR_E_SYNTAX; /* IPv4 has no scopes */
	*endpoint = parsed;
	return 0;
}

int endpoint_parse_address(struct midair_endpoint *endpoint, const char *text)
{
	struct midair_endpoint parsed = {.family = MIDAIR_IPV4};

	if (strchr(text, ':'))
		return parse_ipv6_scoped(endpoint, text);
	if (!parse_ipv4(text, strlen(text), parsed.address))
		return MIDAIR_E_SYNTAX;
	*endpoint = parsed;
	return 0;
}

/* Whether this may go to a resolver: nothing that could end up in a log line as a line break. */
static bool is_host(const char *host, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)host[i];

		if (c <= ' ' || c == 0x7f || c == '[' || c == ']')
			return false;
	}
	return length > 0;
}

int endpoint_split(const char *text, char *host, size_t host_size, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	const char *start = text;
	size_t length;
	uint32_t value;
	bool has_colon;
	int error;

	if (!colon)
		return MIDAIR_E_SYNTAX;
	length = (size_t)(colon - text);
	has_colon = memchr(text, ':', length) != NULL;
	if (length >= 2 && start[0] == '[' && start[length - 1] == ']') {
		start++;
		length -= 2;
	} else if (has_colon) {
		return MIDAIR_E_SYNTAX; /* "::1:80" could be an address or an address and a port */
	}
	if (!is_host(start, length) || length >= host_size || has_colon != (start != text))
		return MIDAIR_E_SYNTAX;
	error = parse_decimal(colon + 1, strlen(colon + 1), UINT16_MAX, &value);
	if (error)
		return error;
	if (value == 0)
		return MIDAIR_E_RANGE;
	memcpy(host, start, length);
	host[length] = '\0';
	*port = (uint16_t)value;
	return 0;
}

int midair_endpoint_parse(struct midair_endpoint *endpoint, const char *text)
{
	struct midair_endpoint parsed;
	char host[MIDAIR_ENDPOINT_TEXT_SIZE];
	uint16_t port;
	int error = endpoint_split(text, host, sizeof(host), &port);

	if (!error)
		error = endpoint_parse_address(&parsed, host);
	if (error)
		return error;
	parsed.port = port;
	*endpoint = parsed;
	return 0;
}

static uint16_t group_at(const uint8_t address[16], size_t group)
{
	return (uint16_t)(address[2 * group] << 8 | address[2 * group + 1]);
}

/* The run of zero groups that "::" replaces: the longest, the first of equals, never a single
 * group (RFC 5952 4.2). */
static void find_gap(const uint8_t address[16], size_t *gap, size_t *gap_length)
{
	*gap = N_GROUPS;
	*gap_length = 1;
	for (size_t start = 0; start < N_GROUPS; start++) {
		size_t end = start;

		while (end < N_GROUPS && group_at(address, end) == 0)
			end++;
		if (end - start > *gap_length) {
			*gap = start;
			*gap_length = end - start;
		}
	}
}

/* snprintf() takes ten times as long, and a socket table has hundreds of thousands of these. */
static size_t put_number(char *out, uint32_t number, uint32_t base)
{
	char digits[10];
	size_t n_digits = 0;

	do
		digits[n_digits++] = "0123456789abcdef"[number % base];
	while ((number /= base) != 0);
	for (size_t i = 0; i < n_digits; i++)
		out[i] = digits[n_digits - 1 - i];
	return n_digits;
}

static size_t format_ipv4(const uint8_t address[4], char *out)
{
	size_t length = 0;

	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			out[length++] = '.';
		length += put_number(out + length, address[i], 10);
	}
	return length;
}

static size_t format_ipv6(const uint8_t address[16], char *out)
{
	size_t gap, gap_length, length = 0;

	find_gap(address, &gap, &gap_length);
	for (size_t i = 0; i < N_GROUPS; i++) {
		if (i == gap) {
			out[length++] = ':';
			out[length++] = ':';
			i += gap_length - 1;
			continue;
		}
		if (i != 0 && i != gap + gap_length)
			out[length++] = ':';
		length += put_number(out + length, group_at(address, i), 16);
	}
	return length;
}

/* Writes no final NUL. */
static size_t format_address(const struct midair_endpoint *endpoint, char *out)
{
	size_t length;

	if (endpoint->family == MIDAIR_IPV4)
		return format_ipv4(endpoint->address, out);
	if (endpoint->family != MIDAIR_IPV6) {
		out[0] = '-';
		return 1;
	}
	length = format_ipv6(endpoint->address, out);
	if (endpoint->scope_id) {
		out[length++] = '%';
		length += put_number(out + length, endpoint->scope_id, 10);
	}
	return length;
}

const char *endpoint_format_address(const struct midair_endpoint *endpoint,
				    char buffer[MIDAIR_ENDPOINT_TEXT_SIZE])
{
	buffer[format_address(endpoint, buffer)] = '\0';
	return buffer;
}

const char *midair_endpoint_format(const struct midair_endpoint *endpoint,
				   char buffer[MIDAIR_ENDPOINT_TEXT_SIZE])
{
	bool is_bracketed = endpoint->family == MIDAIR_IPV6;
	size_t length = 0;

	if (is_bracketed)
		buffer[length++] = '[';
	length += format_address(endpoint, buffer + length);
	if (is_bracketed)
		buffer[length++] = ']';
	buffer[length++] = ':';
	length += put_number(buffer + length, endpoint->port, 10);
	buffer[length] = '\0';
	return buffer;
}

bool endpoint_is_unspecified(const struct midair_endpoint *endpoint)
{
	static const uint8_t zero[sizeof(endpoint->address)];

	return memcmp(endpoint->address, zero, sizeof(zero)) == 0;
}

bool endpoint_is_same_address(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	return a->family == b->family && a->scope_id == b->scope_id &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

bool midair_endpoint_equal(const struct midair_endpoint *a, const struct midair_endpoint *b)
{
	return a->port == b->port && endpoint_is_same_address(a, b);
}
