/* SPDX-License-Identifier: MIT */
#include "core/web_address.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define SCHEME	     "http://"
#define SCHEME_BYTES 7

static bool is_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

static bool set_path(struct web_address *address, const char *path, size_t size)
{
	size_t n_slash = size == 0 || path[0] != '/' ? 1 : 0;

	if (size + n_slash >= WEB_PATH_SIZE || !is_printable(path, size))
		return false;
	address->path[0] = '/';
	memcpy(address->path + n_slash, path, size);
	address->path[n_slash + size] = '\0';
	return true;
}

static bool parse_host(struct midair_endpoint *endpoint, const char *text, size_t size)
{
	char host[MIDAIR_ENDPOINT_TEXT_SIZE];
	bool has_port = memchr(text, ':', size) != NULL;

	if (size + sizeof(":80") > sizeof(host) || !is_printable(text, size))
		return false;
	snprintf(host, sizeof(host), "%.*s%s", (int)size, text, has_port ? "" : ":80");
	return midair_endpoint_parse(endpoint, host) == 0 && endpoint->family == MIDAIR_IPV4;
}

bool web_address_parse(struct web_address *address, const char *text, size_t size)
{
	struct web_address parsed = {0};
	const char *slash;
	size_t n_host;

	if (size <= SCHEME_BYTES || strncasecmp(text, SCHEME, SCHEME_BYTES) != 0)
		return false;
	text += SCHEME_BYTES;
	size -= SCHEME_BYTES;
	slash = memchr(text, '/', size);
	n_host = slash != NULL ? (size_t)(slash - text) : size;
	if (!parse_host(&parsed.endpoint, text, n_host) ||
	    !set_path(&parsed, text + n_host, size - n_host))
		return false;
	*address = parsed;
	return true;
}

bool web_address_resolve(struct web_address *address, const struct web_address *base,
			 const char *text, size_t size)
{
	struct web_address resolved = {.endpoint = base->endpoint};

	if (size > SCHEME_BYTES && strncasecmp(text, SCHEME, SCHEME_BYTES) == 0)
		return web_address_parse(address, text, size);
	if (size == 0 || !set_path(&resolved, text, size))
		return false;
	*address = resolved;
	return true;
}
