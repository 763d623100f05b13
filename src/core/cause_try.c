/* SPDX-License-Identifier: MIT */
/*
 * cause_try: what a real try says, beside what the look found. An error number has several
 * causes, so the look usually knows more; but where the two contradict each other, or the look
 * could not see everything, the try is right, and the text says so.
 */
#include <errno.h>

#include "core/cause.h"
#include "core/cause_internal.h"

static enum midair_cause cause_of_errno(const struct cause_facts *facts)
{
	switch (facts->tried_result) {
	case -EACCES:
	case -EPERM:
		return MIDAIR_CAUSE_NO_PERMISSION;
	case -ENETUNREACH:
	case -EHOSTUNREACH:
		return MIDAIR_CAUSE_NO_ROUTE;
	case -EADDRINUSE:
		/* Before Linux 6.8 no table shows sockets that are only bound. */
		return facts->port == CAUSE_PORT_CHOSEN ? MIDAIR_CAUSE_POOL_FULL
							: MIDAIR_CAUSE_BOUND_UNSEEN;
	case -EADDRNOTAVAIL:
		return facts->port == CAUSE_PORT_CHOSEN ? MIDAIR_CAUSE_POOL_FULL
							: MIDAIR_CAUSE_PORT_LOCKED;
	default:
		return MIDAIR_CAUSE_UNKNOWN;
	}
}

/* Keeps the beginning of a text that is made part of a longer one. */
#define PART_LENGTH 150

static void compare_success(const struct cause_facts *facts, struct midair_why *why)
{
	char said[MIDAIR_WHY_TEXT_SIZE];
	bool is_other_port = facts->local.port != 0 && facts->tried_port != facts->local.port;

	if (is_other_port) {
		say(said, "%s", why->text);
		if (why->cause == MIDAIR_CAUSE_NONE)
			cause_set(why, MIDAIR_CAUSE_UNKNOWN);
		say(why->text, "%.*s (the try got port %u)", PART_LENGTH, said,
		    facts->tried_port);
		return;
	}
	if (why->cause == MIDAIR_CAUSE_NONE) {
		if (facts->port != CAUSE_PORT_CHOSEN)
			say(why->text, "tried, and it works");
		return;
	}
	say(said, "%s", why->text);
	cause_set(why, MIDAIR_CAUSE_NONE);
	say(why->text, "tried, and it works now, although it looked otherwise: %.*s",
	    PART_LENGTH, said);
}

/* What could not be seen of a holder of the port is known after the try. Returns whether that
 * explains it. */
static bool learn_of_holder(const struct cause_facts *facts, struct midair_why *why)
{
	if (!facts->has_holder)
		return false;
	if (facts->tried_result == -EADDRINUSE) {
		cause_find_in_holder(facts, why);
		return true;
	}
	if (facts->port != CAUSE_PORT_PINNED || facts->tried_result != -EADDRNOTAVAIL)
		return false;
	cause_set(why, MIDAIR_CAUSE_PORT_LOCKED);
	say(why->text,
	    "the %s socket on this port got it by bind(), which hides it from every automatic "
	    "choice: so the try says",
	    midair_tcp_state_name(facts->holder.row.state));
	say(why->remedy, "bind the port explicitly with SO_REUSEPORT, or pin another one");
	return true;
}

/* One errno has several causes; these it never has. */
static bool is_contradiction(enum midair_cause looked, enum midair_cause tried)
{
	return looked != tried &&
	       (tried == MIDAIR_CAUSE_NO_PERMISSION || tried == MIDAIR_CAUSE_NO_ROUTE ||
		tried == MIDAIR_CAUSE_UNKNOWN);
}

static void compare_failure(const struct cause_facts *facts, struct midair_why *why)
{
	enum midair_cause cause = cause_of_errno(facts);
	const char *error = midair_strerror(facts->tried_result);
	char said[MIDAIR_WHY_TEXT_SIZE];

	if (why->cause == MIDAIR_CAUSE_NONE) {
		if (learn_of_holder(facts, why))
			return;
		cause_set(why, cause);
		say(said, "%s", why->text);
		say(why->text,
		    "the socket table shows nothing in the way, yet the try failed (%s): %.*s",
		    error, PART_LENGTH, said);
	} else if (is_contradiction(why->cause, cause)) {
		say(said, "%s", why->text);
		cause_set(why, cause);
		say(why->text, "the try failed for another reason (%s) than it looked: %.*s",
		    error, PART_LENGTH, said);
	}
}

void cause_compare(const struct cause_facts *facts, struct midair_why *why)
{
	why->was_tried = true;
	why->tried_result = facts->tried_result;
	why->helpful_flags = facts->helpful_flags;
	if (facts->tried_result == 0)
		compare_success(facts, why);
	else
		compare_failure(facts, why);
	if (facts->tried_result != 0 && facts->helpful_flags != 0)
		say(why->remedy, "set %s before bind(): tried, and that works",
		    cause_option_names(facts->helpful_flags));
}
