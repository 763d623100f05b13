/* SPDX-License-Identifier: MIT */
#include "lab/truth.h"

#include <string.h>

#include "core/address_kind.h"
#include "core/endpoint.h"
#include "lab/network.h"

/* Toward a port of the server's that answers: the main one, its neighbour, at both addresses. */
static bool is_answering(const struct truth_place *place, const struct network_plan *plan,
			 const struct midair_endpoint *destination)
{
	struct midair_endpoint alternative =
		network_plan_alternative(plan, (enum midair_family)place->server.family);

	return (destination->port == place->server.port ||
		destination->port == place->server.port + 1) &&
	       (endpoint_is_same_address(destination, &place->server) ||
		endpoint_is_same_address(destination, &alternative));
}

static bool is_syn(const struct wire_record *record)
{
	return record->from == LAB_A && record->segment.kind == SEGMENT_TCP &&
	       record->segment.flags == SEGMENT_SYN;
}

/* Whether the port has been seen in an earlier SYN. */
static bool is_old(const struct wire_trace *trace, uint32_t number)
{
	for (uint32_t i = 0; i < number; i++)
		if (is_syn(&trace->records[i]) &&
		    trace->records[i].segment.source.port ==
			    trace->records[number].segment.source.port)
			return true;
	return false;
}

static void look_at_wire(struct truth_place *place, const struct network_plan *plan,
			 const struct wire_trace *trace)
{
	for (uint32_t i = 0; i < trace->n_records; i++) {
		const struct segment *segment = &trace->records[i].segment;

		if (!is_syn(&trace->records[i]) ||
		    !is_answering(place, plan, &segment->destination))
			continue;
		if (place->mapped.family == MIDAIR_FAMILY_NONE)
			place->mapped = segment->source;
		if (!is_old(trace, i))
			place->last_port = segment->source.port;
	}
}

static void look_at_gateway(struct truth_place *place, const struct plan_side *side,
			    bool is_ipv6)
{
	if (!side->opens_ports)
		return;
	place->gateway = is_ipv6 ? side->box_inner.ipv6 : side->box_inner.ipv4;
	place->speaks_pcp = true;
	place->speaks_nat_pmp = place->speaks_upnp = place->tells_external = !is_ipv6;
	/* Of the others miniupnpd says then that it has got no address. */
	if (address_kind(&side->box_outer.ipv4) != ADDRESS_PUBLIC)
		place->speaks_nat_pmp = place->speaks_upnp = place->tells_external = false;
}

void truth_look(struct truth_place *place, struct network *network, enum midair_family family)
{
	const struct network_plan *plan = network_plan_of(network);
	const struct plan_side *side = &plan->sides[LAB_A];
	bool is_ipv6 = family == MIDAIR_IPV6;

	*place = (struct truth_place){
		.server = network_plan_server(plan, family),
		.host = is_ipv6 ? side->host.ipv6 : side->host.ipv4,
	};
	place->server.port = MIDAIR_SERVER_PORT;
	if (!midair_endpoint_equal(&side->host.ipv4, &side->published.ipv4) && !is_ipv6)
		place->n_layers = plan->has_carrier ? 2 : 1;
	look_at_gateway(place, side, is_ipv6);
	look_at_wire(place, plan, wire_trace(network_wire(network)));
}

static void compare_endpoint(struct truth_result *result, const char *field,
			     const struct midair_endpoint *is,
			     const struct midair_endpoint *wanted)
{
	char texts[2][MIDAIR_ENDPOINT_TEXT_SIZE];

	truth_word(result, field, midair_endpoint_format(is, texts[0]),
		   midair_endpoint_format(wanted, texts[1]));
}

/* Its port is one of the automatic ones, and the outer one where ports are kept. */
static void compare_local(struct truth_result *result, const struct truth *truth,
			  const struct midair_nat *is)
{
	bool is_kept = truth->place.n_layers == 0 ||
		       truth->behavior.allocation == NAT_ALLOCATION_PRESERVING;
	struct midair_endpoint wanted = truth->place.host;

	wanted.port = is_kept ? truth->place.mapped.port : is->local.port;
	compare_endpoint(result, "local", &is->local, &wanted);
	truth_field(result, "local port",
		    is->local.port >= truth->host.first_port &&
			    is->local.port <= truth->host.last_port,
		    "outside", "one of the automatic ones");
}

/* Of a protocol that is not for the family, or where there is no gateway, nothing is known. */
static void compare_speaks(struct truth_result *result, const char *field,
			   enum midair_answer is, bool is_spoken, bool is_asked)
{
	enum midair_answer silent = is_asked ? MIDAIR_NO : MIDAIR_UNKNOWN;

	truth_word(result, field, midair_answer_name(is),
		   midair_answer_name(is_spoken ? MIDAIR_YES : silent));
}

static void compare_layers(struct truth_result *result, const struct truth_place *place,
			   const struct midair_nat *is)
{
	bool is_hidden = is->n_layers == -1 && place->n_layers > 0 && !place->tells_external;

	result->n_hidden += is_hidden;
	truth_number(result, "layers", is_hidden ? place->n_layers : is->n_layers,
		     place->n_layers);
}

void truth_compare_place(struct truth_result *result, const struct truth *truth,
			 const struct midair_nat *is)
{
	const struct truth_place *place = &truth->place;
	bool has_gateway = place->gateway.family != MIDAIR_FAMILY_NONE;
	bool is_in_order =
		place->n_layers > 0 && truth->behavior.allocation == NAT_ALLOCATION_SEQUENTIAL;

	compare_endpoint(result, "server", &is->server, &place->server);
	compare_local(result, truth, is);
	compare_endpoint(result, "mapped", &is->mapped, &place->mapped);
	truth_number(result, "last_port", is->last_port, is_in_order ? place->last_port : 0);
	truth_number(result, "server_is_public", is->is_server_public, true);
	truth_number(result, "can_probe", is->can_probe, true);
	truth_number(result, "has_alternative", is->has_alternative, true);
	compare_layers(result, place, is);
	compare_endpoint(result, "gateway", &is->gateway, &place->gateway);
	compare_speaks(result, "pcp", is->pcp, place->speaks_pcp, has_gateway);
	compare_speaks(result, "nat_pmp", is->nat_pmp, place->speaks_nat_pmp,
		       has_gateway && truth->family == MIDAIR_IPV4);
	compare_speaks(result, "upnp", is->upnp, place->speaks_upnp,
		       has_gateway && truth->family == MIDAIR_IPV4);
}
