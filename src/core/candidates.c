/* SPDX-License-Identifier: MIT */
#include "core/candidates.h"

#include "core/address_kind.h"
#include "core/endpoint.h"
#include "core/mapping.h"

static uint32_t index_of(uint8_t family)
{
	return family == MIDAIR_IPV6 ? 1 : 0;
}

static bool is_on_loopback(const struct candidate_view *view)
{
	return address_kind(&view->server) == ADDRESS_LOOPBACK;
}

/* An address that may leave this machine in a message, or be dialled because of one. */
static bool is_of_use(const struct candidate_view *view, const struct midair_endpoint *endpoint)
{
	switch (address_kind(endpoint)) {
	case ADDRESS_PUBLIC:
	case ADDRESS_PRIVATE:
		return true;
	case ADDRESS_LOOPBACK:
		return is_on_loopback(view);
	case ADDRESS_LINK: /* says nothing without the link, which has no common name */
	case ADDRESS_NO_HOST:
		return false;
	}
	return false;
}

static uint32_t add(struct candidate *candidates, uint32_t n, enum candidate_type type,
		    const struct midair_endpoint *endpoint)
{
	if (n == INTRODUCTION_CANDIDATES_MAX || endpoint->port == 0)
		return n;
	for (uint32_t i = 0; i < n; i++)
		if (midair_endpoint_equal(&candidates[i].endpoint, endpoint))
			return n;
	candidates[n] = (struct candidate){.type = type, .endpoint = *endpoint};
	return n + 1;
}

static uint32_t add_interfaces(const struct candidate_view *view, struct candidate *candidates,
			       uint32_t n, bool are_public)
{
	for (uint32_t i = 0; i < view->n_interfaces; i++) {
		const struct interface_address *interface = &view->interfaces[i];
		struct midair_endpoint endpoint = interface->endpoint;
		bool is_public = address_kind(&endpoint) == ADDRESS_PUBLIC;

		endpoint.port = view->ports[index_of(endpoint.family)];
		if (!interface->is_unfit && is_public == are_public &&
		    is_of_use(view, &endpoint))
			n = add(candidates, n, CANDIDATE_HOST, &endpoint);
	}
	return n;
}

bool candidates_is_mapping_known(const struct candidate_view *view, uint32_t family)
{
	return mapping_is_where_seen(&view->mapped[family], &view->observed[family]);
}

uint32_t candidates_offer(const struct candidate_view *view,
			  struct candidate candidates[INTRODUCTION_CANDIDATES_MAX])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < 2; i++)
		if (is_of_use(view, &view->observed[i]))
			n = add(candidates, n, CANDIDATE_SERVER_REFLEXIVE, &view->observed[i]);
	for (uint32_t i = 0; i < 2; i++)
		if (candidates_is_mapping_known(view, i) && is_of_use(view, &view->mapped[i]))
			n = add(candidates, n, CANDIDATE_MAPPED, &view->mapped[i]);
	n = add_interfaces(view, candidates, n, true);
	return add_interfaces(view, candidates, n, false);
}

/* The last address of one of our IPv4 networks (RFC 919). */
static bool is_broadcast(const struct interface_address *interface,
			 const struct midair_endpoint *remote)
{
	uint32_t host_bits = 32u - interface->prefix_bits;
	uint32_t host = (uint32_t)remote->address[0] << 24 |
			(uint32_t)remote->address[1] << 16 | (uint32_t)remote->address[2] << 8 |
			remote->address[3];
	uint32_t mask;

	if (remote->family != MIDAIR_IPV4 || interface->endpoint.family != MIDAIR_IPV4 ||
	    interface->prefix_bits > 30 ||
	    !address_has_prefix(remote->address, interface->endpoint.address,
				interface->prefix_bits))
		return false;
	mask = host_bits >= 32 ? UINT32_MAX : (UINT32_C(1) << host_bits) - 1;
	return (host & mask) == mask;
}

static bool is_on_our_network(const struct candidate_view *view,
			      const struct midair_endpoint *remote)
{
	for (uint32_t i = 0; i < view->n_interfaces; i++) {
		const struct interface_address *interface = &view->interfaces[i];

		if (interface->endpoint.family == remote->family &&
		    address_has_prefix(remote->address, interface->endpoint.address,
				       interface->prefix_bits))
			return true;
	}
	return false;
}

static bool is_broadcast_of_ours(const struct candidate_view *view,
				 const struct midair_endpoint *remote)
{
	for (uint32_t i = 0; i < view->n_interfaces; i++)
		if (is_broadcast(&view->interfaces[i], remote))
			return true;
	return false;
}

static bool is_ourselves(const struct candidate_view *view,
			 const struct midair_endpoint *remote)
{
	uint32_t family = index_of(remote->family);

	if (midair_endpoint_equal(&view->observed[family], remote))
		return true;
	for (uint32_t i = 0; i < view->n_interfaces; i++)
		if (endpoint_is_same_address(&view->interfaces[i].endpoint, remote) &&
		    remote->port == view->ports[family])
			return true;
	return false;
}

static bool is_possible(const struct candidate_view *view, const struct midair_endpoint *remote)
{
	return remote->port != 0 && view->ports[index_of(remote->family)] != 0 &&
	       is_of_use(view, remote) && !is_ourselves(view, remote) &&
	       !is_broadcast_of_ours(view, remote);
}

/* A private address is another host's in every network: only in our own ones it may be the peer's. */
static bool is_public_or_near(const struct candidate_view *view,
			      const struct midair_endpoint *remote)
{
	return address_kind(remote) != ADDRESS_PRIVATE || is_on_our_network(view, remote);
}

/* The user has named a server in that range, and it sees the peer there; or a server on this very
 * machine, which sees whom the machine sees. */
static bool is_near_server(const struct candidate_view *view,
			   const struct midair_endpoint *observed)
{
	return is_on_loopback(view) || address_is_same_private_range(&view->server, observed);
}

bool candidates_may_dial_observed(const struct candidate_view *view,
				  const struct midair_endpoint *observed)
{
	return is_possible(view, observed) &&
	       (is_public_or_near(view, observed) || is_near_server(view, observed));
}

/* As the server says: no reason to dial more, only to dial in another order. */
static bool is_behind_our_router(const struct candidate_view *view,
				 const struct midair_endpoint *observed)
{
	return observed->family != MIDAIR_FAMILY_NONE &&
	       endpoint_is_same_address(&view->observed[index_of(observed->family)], observed);
}

static bool is_our_interface(const struct candidate_view *view,
			     const struct midair_endpoint *address)
{
	for (uint32_t i = 0; i < view->n_interfaces; i++)
		if (endpoint_is_same_address(&view->interfaces[i].endpoint, address))
			return true;
	return false;
}

bool candidates_are_neighbours(const struct candidate_view *view,
			       const struct midair_endpoint *observed)
{
	return is_behind_our_router(view, observed) &&
	       address_kind(observed) == ADDRESS_PUBLIC && !is_our_interface(view, observed);
}

bool candidates_may_dial(const struct candidate_view *view,
			 const struct midair_endpoint *observed,
			 const struct midair_endpoint *remote)
{
	if (midair_endpoint_equal(observed, remote))
		return candidates_may_dial_observed(view, remote);
	return is_possible(view, remote) && is_public_or_near(view, remote);
}

static uint32_t promise(const struct candidate *candidate)
{
	if (candidate->type != CANDIDATE_HOST)
		return 0;
	return address_kind(&candidate->endpoint) == ADDRESS_PUBLIC ? 1 : 2;
}

void candidates_sort(struct candidate *candidates, uint32_t n_candidates)
{
	for (uint32_t i = 1; i < n_candidates; i++) {
		struct candidate moved = candidates[i];
		uint32_t place = i;

		for (; place > 0 && promise(&candidates[place - 1]) > promise(&moved); place--)
			candidates[place] = candidates[place - 1];
		candidates[place] = moved;
	}
}
