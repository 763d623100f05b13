/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * A packet is looked up among the sessions by the endpoints that it carries on its side of the
 * box. What belongs to no session is unsolicited: outward only a SYN opens one, inward only a
 * SYN that the filter lets in. nat_track.c then judges the segment inside its session. What is
 * not let out is dropped; what is not let in gets the box's reaction, which for a RST or an ICMP
 * error is always silence, lest two boxes answer each other for ever.
 */
#include "core/nat.h"

#include "core/nat_ports.h"
#include "core/nat_table.h"
#include "core/nat_track.h"

struct nat {
	struct nat_behavior behavior;
	struct midair_endpoint external_ipv4;
	struct midair_endpoint external_ipv6;
	struct nat_table table;
};

static const struct midair_endpoint untranslated = {.family = MIDAIR_FAMILY_NONE};

size_t nat_size(void)
{
	return sizeof(struct nat);
}

void nat_init(struct nat *nat, const struct nat_behavior *behavior,
	      const struct midair_endpoint *external_ipv4,
	      const struct midair_endpoint *external_ipv6, uint64_t seed)
{
	nat->behavior = *behavior;
	nat->external_ipv4 = behavior->is_firewall ? untranslated : *external_ipv4;
	nat->external_ipv6 = behavior->is_firewall ? untranslated : *external_ipv6;
	nat_table_init(&nat->table, seed);
}

uint32_t nat_session_count(const struct nat *nat)
{
	return nat->table.n_sessions;
}

/* The outer address for packets of this family; family NONE when they are not translated. */
static const struct midair_endpoint *external_of(const struct nat *nat, uint8_t family)
{
	return family == MIDAIR_IPV4 ? &nat->external_ipv4 : &nat->external_ipv6;
}

/* Is this one of the box's own outer addresses? */
static bool is_external(const struct nat *nat, const struct midair_endpoint *endpoint)
{
	return nat_same_address(external_of(nat, endpoint->family), endpoint);
}

static bool is_translating(const struct nat *nat, uint8_t family)
{
	return external_of(nat, family)->family != MIDAIR_FAMILY_NONE;
}

static enum nat_verdict react(const struct nat *nat, const struct segment *segment)
{
	if (segment->kind != SEGMENT_TCP || segment->flags & SEGMENT_RST)
		return NAT_DROP;
	switch (nat->behavior.reaction) {
	case NAT_REACTION_DROP:
		break;
	case NAT_REACTION_RESET:
	case NAT_REACTION_KERNEL:
		return NAT_ANSWER_RESET;
	case NAT_REACTION_UNREACHABLE:
		return NAT_ANSWER_UNREACHABLE;
	}
	return NAT_DROP;
}

/* False when the segment does not fit the session. The session may be gone afterwards. */
static bool track(struct nat *nat, uint64_t now_ns, struct nat_session *session,
		  enum nat_direction direction, const struct segment *segment)
{
	switch (nat_track_step(session, &nat->behavior, direction, segment)) {
	case NAT_TRACK_PASS:
		nat_table_set_expiry(&nat->table, session,
				     now_ns + nat_track_timeout_ns(session, &nat->behavior));
		return true;
	case NAT_TRACK_PASS_LAST:
		nat_table_close(&nat->table, session);
		return true;
	case NAT_TRACK_INVALID:
		break;
	}
	return false;
}

static void start(struct nat *nat, uint64_t now_ns, struct nat_session *session,
		  enum nat_direction direction, const struct segment *segment)
{
	nat_track_open(session, direction, segment);
	nat_table_set_expiry(&nat->table, session,
			     now_ns + nat_track_timeout_ns(session, &nat->behavior));
}

static enum nat_verdict step_outbound(struct nat *nat, uint64_t now_ns, struct segment *segment)
{
	struct nat_session *session =
		nat_table_find_outbound(&nat->table, &segment->source, &segment->destination);
	struct midair_endpoint outer;

	if (!session) {
		if (nat_track_classify(segment) != NAT_SEGMENT_SYN)
			return NAT_DROP;
		session = nat_table_open(&nat->table, &nat->behavior,
					 external_of(nat, segment->source.family),
					 &segment->source, &segment->destination);
		if (!session)
			return NAT_DROP;
		start(nat, now_ns, session, NAT_OUTBOUND, segment);
	} else if (nat_track_is_reopening(session, NAT_OUTBOUND, segment)) {
		start(nat, now_ns, session, NAT_OUTBOUND, segment);
	}
	outer = session->outer;
	if (!track(nat, now_ns, session, NAT_OUTBOUND, segment))
		return NAT_DROP;
	segment->source = outer;
	return NAT_FORWARD;
}

/* The session that a SYN from outside may open, or NULL. */
static struct nat_session *admit(struct nat *nat, const struct segment *segment, bool *is_full)
{
	struct nat_port_mapping *mapping;
	struct nat_session *session;

	*is_full = false;
	if (nat_track_classify(segment) != NAT_SEGMENT_SYN)
		return NULL;
	mapping = nat_table_find_open(&nat->table, nat->behavior.filtering,
				      &segment->destination, &segment->source);
	if (!mapping)
		return NULL;
	session = nat_table_admit(&nat->table, mapping, &segment->source);
	*is_full = !session;
	return session;
}

static enum nat_verdict step_inbound(struct nat *nat, uint64_t now_ns, struct segment *segment)
{
	struct nat_session *session;
	struct midair_endpoint inner;
	bool is_full;

	if (is_translating(nat, segment->destination.family) &&
	    !is_external(nat, &segment->destination))
		return NAT_DROP;
	session = nat_table_find_inbound(&nat->table, &segment->destination, &segment->source);
	if (!session) {
		session = admit(nat, segment, &is_full);
		if (!session)
			return is_full ? NAT_DROP : react(nat, segment);
		start(nat, now_ns, session, NAT_INBOUND, segment);
	} else if (nat_track_is_reopening(session, NAT_INBOUND, segment)) {
		start(nat, now_ns, session, NAT_INBOUND, segment);
	}
	inner = session->inner;
	if (!track(nat, now_ns, session, NAT_INBOUND, segment))
		return react(nat, segment);
	segment->destination = inner;
	return NAT_FORWARD;
}

/* An inner host dials an outer endpoint of its own box: out and in again at once. */
static enum nat_verdict step_hairpin(struct nat *nat, uint64_t now_ns, struct segment *segment)
{
	struct segment turned = *segment;
	enum nat_verdict verdict;

	if (!nat->behavior.hairpins)
		return NAT_DROP;
	verdict = step_outbound(nat, now_ns, &turned);
	if (verdict != NAT_FORWARD)
		return verdict;
	verdict = step_inbound(nat, now_ns, &turned);
	if (verdict != NAT_FORWARD)
		return verdict;
	*segment = turned;
	return NAT_FORWARD_INSIDE;
}

/* RFC 5382 REQ-9 and REQ-10: an error about a session passes, translated, and ends nothing. */
static enum nat_verdict step_error_inbound(struct nat *nat, struct segment *segment)
{
	const struct nat_session *session = nat_table_find_inbound(
		&nat->table, &segment->about_source, &segment->about_destination);

	if (!session)
		return NAT_DROP;
	segment->about_source = session->inner;
	segment->destination = session->inner;
	segment->destination.port = 0;
	return NAT_FORWARD;
}

static enum nat_verdict step_error_outbound(struct nat *nat, struct segment *segment)
{
	const struct nat_session *session = nat_table_find_outbound(
		&nat->table, &segment->about_destination, &segment->about_source);

	if (!session)
		return NAT_DROP;
	/* from a router behind the box as well: the inside is one address to the world */
	if (is_translating(nat, segment->source.family)) {
		segment->source = session->outer;
		segment->source.port = 0;
	}
	segment->about_destination = session->outer;
	return NAT_FORWARD;
}

enum nat_verdict nat_step(struct nat *nat, uint64_t now_ns, enum nat_direction direction,
			  struct segment *segment)
{
	if (nat->behavior.is_public)
		return NAT_FORWARD;
	nat_table_expire(&nat->table, now_ns);
	nat_ports_pass_time(&nat->table, &nat->behavior, now_ns);
	if (segment->kind == SEGMENT_ICMP_ERROR)
		return direction == NAT_OUTBOUND ? step_error_outbound(nat, segment)
						 : step_error_inbound(nat, segment);
	if (direction == NAT_INBOUND)
		return step_inbound(nat, now_ns, segment);
	if (is_external(nat, &segment->destination))
		return step_hairpin(nat, now_ns, segment);
	return step_outbound(nat, now_ns, segment);
}
