/* SPDX-License-Identifier: MIT */
#include "cli/meet_peer.h"

#include <stdio.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/host_port.h"
#include "cli/quote.h"
#include "cli/unbound.h"

static bool is_wanted(const struct meet_options *options, uint8_t family)
{
	return (options->family == MIDAIR_FAMILY_NONE || options->family == family) &&
	       (options->local.family == MIDAIR_FAMILY_NONE || options->local.family == family);
}

static void keep_family(struct meet_peer *peer, const struct meet_options *options)
{
	size_t n = 0;

	for (size_t i = 0; i < peer->n; i++)
		if (is_wanted(options, peer->addresses[i].family))
			peer->addresses[n++] = peer->addresses[i];
	peer->n = n;
}

/* 0.0.0.0 and :: stand for "any" and lead, of all places, to ourselves. */
static bool is_unspecified(const struct midair_endpoint *end)
{
	static const uint8_t zero[sizeof(end->address)];

	return memcmp(end->address, zero, sizeof(zero)) == 0;
}

/* fe80::/10 exists on every link: without the interface the kernel cannot tell where to send. */
static bool lacks_scope(const struct midair_endpoint *end)
{
	return end->family == MIDAIR_IPV6 && end->scope_id == 0 && end->address[0] == 0xfe &&
	       (end->address[1] & 0xc0) == 0x80;
}

static int check(const struct meet_peer *peer, const char *name)
{
	if (peer->n == 0) {
		fprintf(stderr, "midair meet: %s has no address of the wanted family\n", name);
		return EXIT_USAGE;
	}
	if (is_unspecified(&peer->addresses[0])) {
		fprintf(stderr, "midair meet: %s is nobody's address: name the peer's\n", name);
		return EXIT_USAGE;
	}
	if (lacks_scope(&peer->addresses[0])) {
		fprintf(stderr,
			"midair meet: %s is link-local and needs its interface's number: "
			"[fe80::1%%2]:1314 (ip link lists them)\n",
			name);
		return EXIT_USAGE;
	}
	return -1;
}

static int tell_unresolved(struct tell *tell, const char *name, bool has_secret, int result)
{
	if (result == MIDAIR_E_SYNTAX) {
		fprintf(stderr,
			"midair meet: \"%s\" is not PEER:PORT, such as 198.51.100.2:1314, "
			"[2001:db8::2]:1314 or host.example:1314%s\n",
			name, has_secret ? "" : "; only a secret (-k) gives a port");
		return EXIT_USAGE;
	}
	if (result == MIDAIR_E_RANGE) {
		fprintf(stderr, "midair meet: the port of \"%s\" is not from 1 to 65535\n",
			name);
		return EXIT_USAGE;
	}
	tell_error(tell, name, result);
	return exit_status_of(result);
}

/* "2001:db8::2" without brackets could have the port forgotten, or not. */
static bool is_ambiguous(const char *text)
{
	return text[0] != '[' && strchr(text, ':') != NULL;
}

static int resolve(struct meet_peer *peer, const char *text, bool has_secret)
{
	peer->n = MIDAIR_PEERS_MAX;
	peer->has_port = !has_secret || host_port_has_port(text) || is_ambiguous(text);
	if (peer->has_port)
		return midair_resolve(text, 10000, peer->addresses, &peer->n);
	/* Any port will do: each slot puts its own in. */
	return host_port_resolve(text, MIDAIR_SERVER_PORT, MIDAIR_FAMILY_NONE, peer->addresses,
				 &peer->n);
}

int meet_peer_find(struct meet_peer *peer, const struct meet_options *options, bool has_secret,
		   struct tell *tell)
{
	char text[QUOTE_SIZE];
	const char *name = quote(options->peer, text);
	int result = resolve(peer, options->peer, has_secret);

	if (result != 0)
		return tell_unresolved(tell, name, has_secret, result);
	if (!peer->has_port && options->local.port != 0) {
		fputs("midair meet: --from has a port, but the secret gives it: name PEER:PORT, "
		      "or give --from only an address\n",
		      stderr);
		return EXIT_USAGE;
	}
	keep_family(peer, options);
	return check(peer, name);
}

unsigned int meet_peer_families(const struct meet_peer *peer)
{
	unsigned int families = 0;

	for (size_t i = 0; i < peer->n; i++)
		families |=
			peer->addresses[i].family == MIDAIR_IPV6 ? UNBOUND_IPV6 : UNBOUND_IPV4;
	return families;
}
