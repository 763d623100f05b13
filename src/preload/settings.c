/* SPDX-License-Identifier: MIT */
#include "preload/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/endpoint.h"
#include "preload/tell.h"

static struct settings read_settings;
const struct settings *const settings = &read_settings;

static const char *value_of(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

static bool is_set(const char *name)
{
	const char *value = value_of(name);

	return value != NULL && strcmp(value, "0") != 0;
}

/* Reads digits up to the end or the separator, which is passed. */
static bool read_port(uint16_t *port, const char **text, char separator)
{
	uint32_t value = 0;
	const char *digit = *text;

	for (; *digit >= '0' && *digit <= '9' && value <= UINT16_MAX; digit++)
		value = value * 10 + (uint32_t)(*digit - '0');
	if (digit == *text || value == 0 || value > UINT16_MAX || *digit != separator)
		return false;
	*text = digit + (separator != '\0');
	*port = (uint16_t)value;
	return true;
}

static bool read_ports(const char *text)
{
	return read_port(&read_settings.first_port, &text, '-') &&
	       read_port(&read_settings.last_port, &text, '\0') &&
	       read_settings.first_port <= read_settings.last_port;
}

static bool add_source(const char *start, size_t length, uint8_t family)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	struct midair_endpoint source;

	if (length >= sizeof(text))
		return false;
	memcpy(text, start, length);
	text[length] = '\0';
	if (endpoint_parse_address(&source, text) != 0)
		return false;
	if (source.family != family)
		return true;
	if (read_settings.n_sources == MIDAIR_POOL_SOURCES_MAX)
		return false;
	read_settings.sources[read_settings.n_sources++] = source;
	return true;
}

static bool add_sources(const char *text, uint8_t family)
{
	for (size_t length; *text != '\0'; text += length) {
		text += *text == ',';
		length = strcspn(text, ",");
		if (!add_source(text, length, family))
			return false;
	}
	return true;
}

static bool read_sources(const char *text)
{
	bool is_good = add_sources(text, MIDAIR_IPV4);

	read_settings.n_ipv4 = read_settings.n_sources;
	return is_good && add_sources(text, MIDAIR_IPV6);
}

static bool read_share(const char *text)
{
	return read_port(&read_settings.shared_port, &text, '\0');
}

static bool read_one(const char *name, bool (*read)(const char *text))
{
	const char *value = value_of(name);

	if (value == NULL || read(value))
		return true;
	tell("%s=%s makes no sense; only the guard works", name, value);
	return false;
}

void settings_read(void)
{
	read_settings.is_verbose = is_set("MIDAIR_PRELOAD_VERBOSE");
	if (is_set("MIDAIR_PRELOAD_GUARD_ONLY"))
		return;
	read_settings.is_late_bind = is_set("MIDAIR_PRELOAD_LATE_BIND");
	read_settings.has_pool = read_one("MIDAIR_PRELOAD_FROM", read_sources) &&
				 read_one("MIDAIR_PRELOAD_PORTS", read_ports) &&
				 read_one("MIDAIR_PRELOAD_SHARE", read_share);
}

const struct midair_endpoint *settings_sources(uint8_t family, uint32_t *n_sources)
{
	bool is_ipv4 = family == MIDAIR_IPV4;

	*n_sources = is_ipv4 ? settings->n_ipv4 : settings->n_sources - settings->n_ipv4;
	return settings->sources + (is_ipv4 ? 0 : settings->n_ipv4);
}
