/* SPDX-License-Identifier: MIT */
#include "os/port_range.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "midair/midair.h"
#include "os/cleanup.h"

/* The list of reserved ports can be this long: every second port with its comma. */
#define SETTING_SIZE 262144

/* Reads a file of /proc/sys/net/ipv4, which is IPv6's too. Returns its length or -errno. */
static ssize_t read_setting(const char *name, char *buffer, size_t size)
{
	char path[96];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size_t n_read = 0;

	while (n_read < size - 1) {
		ssize_t n_bytes = read(fd, buffer + n_read, size - 1 - n_read);

		if (n_bytes < 0)
			return -errno;
		if (n_bytes == 0)
			break;
		n_read += (size_t)n_bytes;
	}
	buffer[n_read] = '\0';
	return (ssize_t)n_read;
}

/* Reads a port and moves *text behind it. */
static int parse_port(const char **text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(*text, &end, 10);

	if (end == *text || value > UINT16_MAX)
		return MIDAIR_E_SYNTAX;
	*port = (uint16_t)value;
	*text = end;
	return 0;
}

int port_range_read(struct port_range *range)
{
	char buffer[64];
	const char *text = buffer;
	struct port_range parsed;
	ssize_t length = read_setting("ip_local_port_range", buffer, sizeof(buffer));

	if (length < 0)
		return (int)length;
	if (parse_port(&text, &parsed.first) != 0 || parse_port(&text, &parsed.last) != 0 ||
	    parsed.first > parsed.last)
		return -EPROTO;
	*range = parsed;
	return 0;
}

bool port_set_has(const struct port_set *set, uint16_t port)
{
	return (set->bits[port / 64] >> (port % 64) & 1) != 0;
}

void port_set_add(struct port_set *set, uint16_t port)
{
	set->bits[port / 64] |= UINT64_C(1) << (port % 64);
}

uint32_t port_set_count(const struct port_set *set, const struct port_range *range)
{
	uint32_t n_ports = 0;

	for (uint32_t port = range->first; port <= range->last; port++)
		n_ports += port_set_has(set, (uint16_t)port);
	return n_ports;
}

int port_set_parse(struct port_set *set, const char *text)
{
	struct port_set parsed = {.bits = {0}};

	text += strspn(text, " \t\n");
	while (*text != '\0') {
		uint16_t first, last;

		if (parse_port(&text, &first) != 0)
			return MIDAIR_E_SYNTAX;
		last = first;
		if (*text == '-') {
			text++;
			if (parse_port(&text, &last) != 0 || last < first)
				return MIDAIR_E_SYNTAX;
		}
		for (uint32_t port = first; port <= last; port++)
			port_set_add(&parsed, (uint16_t)port);
		text += strspn(text, ", \t\n");
	}
	*set = parsed;
	return 0;
}

int port_range_read_reserved(struct port_set *reserved)
{
	_cleanup_free_ char *buffer = malloc(SETTING_SIZE);

	if (buffer == NULL)
		return -ENOMEM;
	ssize_t length = read_setting("ip_local_reserved_ports", buffer, SETTING_SIZE);
	if (length < 0)
		return (int)length;
	return port_set_parse(reserved, buffer) != 0 ? -EPROTO : 0;
}

int port_range_read_setting(const char *name, int *value)
{
	char buffer[32];
	char *end;
	ssize_t length = read_setting(name, buffer, sizeof(buffer));

	if (length < 0)
		return (int)length;
	long parsed = strtol(buffer, &end, 10);
	if (end == buffer || parsed < INT32_MIN || parsed > INT32_MAX)
		return -EPROTO;
	*value = (int)parsed;
	return 0;
}
