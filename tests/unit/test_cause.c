/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/cause.h"
#include "tests/unit/unit.h"

#define RA MIDAIR_WHY_REUSEADDR
#define RP MIDAIR_WHY_REUSEPORT
#define V6 MIDAIR_WHY_IPV6_ONLY

static struct midair_endpoint endpoint(const char *text)
{
	struct midair_endpoint made;

	assert_int_equal(midair_endpoint_parse(&made, text), 0);
	return made;
}

static struct cause_socket holder(const char *local, enum midair_tcp_state state)
{
	return (struct cause_socket){
		.row = {.local = endpoint(local), .state = state, .uid = 1000, .inode = 7},
	};
}

/* bind(local) by uid 1000. */
static struct cause_facts facts_of(const char *local, uint32_t flags)
{
	return (struct cause_facts){
		.call = CAUSE_BIND,
		.port = CAUSE_PORT_EXPLICIT,
		.bound = endpoint(local),
		.local = endpoint(local),
		.remote = endpoint("192.0.2.9:443"),
		.flags = flags,
		.uid = 1000,
		.first_port = 32768,
		.last_port = 60999,
		.has_timestamps = true,
		.time_wait_reuse = 2,
	};
}

/* ---- the sharing matrix ---- */

static const uint32_t kinds[] = {0, RA, RP, RA | RP};

static void two_sockets_share_by_an_option_that_both_have(void **state)
{
	(void)state;
	for (size_t a = 0; a < N_ITEMS(kinds); a++) {
		for (size_t b = 0; b < N_ITEMS(kinds); b++) {
			struct cause_facts facts = facts_of("192.0.2.1:99", kinds[b]);
			struct cause_socket bound =
				holder("192.0.2.1:99", MIDAIR_TCP_BOUND_INACTIVE);
			struct cause_socket listening =
				holder("192.0.2.1:99", MIDAIR_TCP_LISTEN);
			char row[16];

			snprintf(row, sizeof(row), "%zu, %zu", a, b);
			bound.has_options = listening.has_options = true;
			bound.options = listening.options = kinds[a];
			EXPECT((cause_conflict(&facts, &bound) == CAUSE_SHARES) ==
				       ((kinds[a] & kinds[b]) != 0),
			       row);
			EXPECT((cause_conflict(&facts, &listening) == CAUSE_SHARES) ==
				       ((kinds[a] & kinds[b] & RP) != 0),
			       row);
		}
	}
}

static const struct {
	const char *name;
	enum midair_tcp_state state;
	uint32_t uid;
	uint32_t ours, theirs;
	enum cause_conflict conflict;
} users[] = {
	{"SO_REUSEPORT does not reach across users", MIDAIR_TCP_ESTABLISHED, 0, RP, RP,
	 CAUSE_CONFLICTS},
	{"SO_REUSEADDR does", MIDAIR_TCP_ESTABLISHED, 0, RA, RA, CAUSE_SHARES},
	{"a listener is shared by neither", MIDAIR_TCP_LISTEN, 0, RA | RP, RA | RP,
	 CAUSE_CONFLICTS},
	{"TIME_WAIT belongs to nobody", MIDAIR_TCP_TIME_WAIT, 0, RP, RP, CAUSE_SHARES},
};

static void sharing_depends_on_the_user(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(users); i++) {
		struct cause_facts facts = facts_of("192.0.2.1:99", users[i].ours);
		struct cause_socket other = holder("192.0.2.1:99", users[i].state);

		other.row.uid = users[i].uid;
		other.has_options = true;
		other.options = users[i].theirs;
		EXPECT(cause_conflict(&facts, &other) == users[i].conflict, users[i].name);
	}
}

static const struct {
	const char *ours, *theirs;
	uint32_t flags;
	bool is_theirs_ipv6_only;
	bool overlap;
} addresses[] = {
	{"192.0.2.1:99", "192.0.2.1:99", 0, false, true},
	{"192.0.2.1:99", "192.0.2.1:98", 0, false, false},
	{"192.0.2.1:99", "192.0.2.2:99", 0, false, false},
	{"0.0.0.0:99", "192.0.2.2:99", 0, false, true},
	{"192.0.2.1:99", "0.0.0.0:99", 0, false, true},
	{"0.0.0.0:99", "0.0.0.0:99", 0, false, true},
	{"0.0.0.0:99", "192.0.2.1:98", 0, false, false},
	{"[::]:99", "192.0.2.1:99", 0, false, true},
	{"[::]:99", "192.0.2.1:99", V6, false, false},
	{"192.0.2.1:99", "[::]:99", 0, false, true},
	{"192.0.2.1:99", "[::]:99", 0, true, false},
	{"0.0.0.0:99", "[::]:99", 0, false, true},
	{"0.0.0.0:99", "[::]:99", 0, true, false},
	{"0.0.0.0:99", "[2001:db8::1]:99", 0, false, false},
	{"[2001:db8::1]:99", "0.0.0.0:99", 0, false, false},
	{"[2001:db8::1]:99", "[::]:99", 0, true, true},
	{"[::]:99", "[2001:db8::1]:99", V6, false, true},
};

static void only_overlapping_addresses_conflict(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(addresses); i++) {
		struct cause_facts facts = facts_of(addresses[i].ours, addresses[i].flags);
		struct cause_socket other = holder(addresses[i].theirs, MIDAIR_TCP_LISTEN);
		char row[160];

		snprintf(row, sizeof(row), "%s, %s", addresses[i].ours, addresses[i].theirs);
		other.row.is_ipv6_only = addresses[i].is_theirs_ipv6_only;
		EXPECT((cause_conflict(&facts, &other) != CAUSE_SHARES) == addresses[i].overlap,
		       row);
	}
}

static void options_that_cannot_be_seen_may_conflict(void **state)
{
	struct cause_facts none = facts_of("192.0.2.1:99", 0);
	struct cause_facts port = facts_of("192.0.2.1:99", RP);
	struct cause_facts address = facts_of("192.0.2.1:99", RA);
	struct cause_socket listening = holder("192.0.2.1:99", MIDAIR_TCP_LISTEN);

	(void)state;
	assert_int_equal(cause_conflict(&none, &listening), CAUSE_CONFLICTS);
	assert_int_equal(cause_conflict(&port, &listening), CAUSE_MAY_CONFLICT);
	assert_int_equal(cause_conflict(&address, &listening), CAUSE_CONFLICTS);
}

/* ---- TIME_WAIT ---- */

static const struct {
	const char *name;
	enum cause_port port;
	const char *local;
	enum midair_tcp_state state;
	uint32_t remaining_ms;
	int time_wait_reuse;
	bool has_timestamps;
	bool is_reusable;
} waits[] = {
	{"an explicit port takes it at once", CAUSE_PORT_EXPLICIT, "192.0.2.1:99",
	 MIDAIR_TCP_TIME_WAIT, 60000, 0, true, true},
	{"but not without timestamps", CAUSE_PORT_EXPLICIT, "192.0.2.1:99",
	 MIDAIR_TCP_TIME_WAIT, 60000, 1, false, false},
	{"a pin waits for a second", CAUSE_PORT_PINNED, "192.0.2.1:99", MIDAIR_TCP_TIME_WAIT,
	 59500, 1, true, false},
	{"then takes it", CAUSE_PORT_PINNED, "192.0.2.1:99", MIDAIR_TCP_TIME_WAIT, 58900, 1,
	 true, true},
	{"where tcp_tw_reuse is on", CAUSE_PORT_PINNED, "192.0.2.1:99", MIDAIR_TCP_TIME_WAIT,
	 58900, 0, true, false},
	{"2 is for the loopback interface", CAUSE_PORT_CHOSEN, "192.0.2.1:99",
	 MIDAIR_TCP_TIME_WAIT, 58900, 2, true, false},
	{"only", CAUSE_PORT_CHOSEN, "127.0.0.1:99", MIDAIR_TCP_TIME_WAIT, 58900, 2, true, true},
	{"of IPv6 too", CAUSE_PORT_CHOSEN, "[::1]:99", MIDAIR_TCP_TIME_WAIT, 58900, 2, true,
	 true},
	{"an unknown age is too young", CAUSE_PORT_CHOSEN, "127.0.0.1:99", MIDAIR_TCP_TIME_WAIT,
	 0, 1, true, false},
	{"FIN_WAIT2 is taken by an explicit port", CAUSE_PORT_EXPLICIT, "192.0.2.1:99",
	 MIDAIR_TCP_FIN_WAIT2, 60000, 0, true, true},
	{"and by no other", CAUSE_PORT_PINNED, "192.0.2.1:99", MIDAIR_TCP_FIN_WAIT2, 1000, 1,
	 true, false},
	{"a living socket is taken by nobody", CAUSE_PORT_EXPLICIT, "192.0.2.1:99",
	 MIDAIR_TCP_ESTABLISHED, 0, 1, true, false},
};

static void a_pair_in_time_wait_can_be_taken_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(waits); i++) {
		struct cause_facts facts = facts_of(waits[i].local, RP);
		struct cause_socket old = holder(waits[i].local, waits[i].state);

		facts.call = CAUSE_CONNECT;
		facts.port = waits[i].port;
		facts.first_port = 50;
		facts.time_wait_reuse = waits[i].time_wait_reuse;
		facts.has_timestamps = waits[i].has_timestamps;
		old.row.inode = waits[i].state == MIDAIR_TCP_ESTABLISHED ? 7 : 0;
		old.row.remote = endpoint("192.0.2.9:443");
		old.row.timer_ms = waits[i].remaining_ms;
		if (waits[i].state != MIDAIR_TCP_ESTABLISHED)
			old.row.timer = MIDAIR_TIMER_TIME_WAIT;
		EXPECT(cause_is_reusable(&facts, &old) == waits[i].is_reusable, waits[i].name);
		facts.has_tuple = true;
		facts.tuple = old;
		EXPECT(cause_is_decided(&facts) == !waits[i].is_reusable, waits[i].name);
	}
}

/* ---- the cause ---- */

struct situation {
	const char *name;
	enum midair_cause cause;
	const char *text; /* a part of it */
	void (*arrange)(struct cause_facts *facts);
};

static void pair_in(struct cause_facts *facts, enum midair_tcp_state state)
{
	facts->call = CAUSE_CONNECT;
	facts->has_tuple = true;
	facts->tuple = holder("192.0.2.1:99", state);
	facts->tuple.row.remote = facts->remote;
}

static void held_in(struct cause_facts *facts, enum midair_tcp_state state)
{
	facts->has_holder = true;
	facts->holder = holder("192.0.2.1:99", state);
	facts->conflict = cause_conflict(facts, &facts->holder);
}

static void arrange_nothing(struct cause_facts *facts)
{
	(void)facts;
}
static void arrange_live(struct cause_facts *facts)
{
	pair_in(facts, MIDAIR_TCP_ESTABLISHED);
}
static void arrange_self(struct cause_facts *facts)
{
	pair_in(facts, MIDAIR_TCP_ESTABLISHED);
	facts->remote = facts->local;
}
static void arrange_close_wait(struct cause_facts *facts)
{
	pair_in(facts, MIDAIR_TCP_CLOSE_WAIT);
}
static void arrange_fin_wait(struct cause_facts *facts)
{
	pair_in(facts, MIDAIR_TCP_FIN_WAIT2);
}
static void arrange_pinned_time_wait(struct cause_facts *facts)
{
	pair_in(facts, MIDAIR_TCP_TIME_WAIT);
	facts->port = CAUSE_PORT_PINNED;
	facts->first_port = 50;
}
static void arrange_pin_outside_beside_a_pair(struct cause_facts *facts)
{
	pair_in(facts, MIDAIR_TCP_ESTABLISHED);
	facts->port = CAUSE_PORT_PINNED;
}
static void arrange_time_wait_holder(struct cause_facts *facts)
{
	held_in(facts, MIDAIR_TCP_TIME_WAIT);
	facts->holder.row.inode = 0;
}
static void arrange_time_wait_that_may_share(struct cause_facts *facts)
{
	facts->flags = RA;
	arrange_time_wait_holder(facts);
}
static void arrange_time_wait_that_did_not(struct cause_facts *facts)
{
	arrange_time_wait_that_may_share(facts);
	facts->was_tried = true;
	facts->tried_result = -EADDRINUSE;
}
static void arrange_listener(struct cause_facts *facts)
{
	held_in(facts, MIDAIR_TCP_LISTEN);
}
static void arrange_listener_and_reuseaddr(struct cause_facts *facts)
{
	facts->flags = RA;
	held_in(facts, MIDAIR_TCP_LISTEN);
}
static void arrange_bound(struct cause_facts *facts)
{
	held_in(facts, MIDAIR_TCP_BOUND_INACTIVE);
}
static void arrange_connected(struct cause_facts *facts)
{
	held_in(facts, MIDAIR_TCP_ESTABLISHED);
}
static void arrange_other_user(struct cause_facts *facts)
{
	facts->flags = RP;
	facts->uid = 1001;
	held_in(facts, MIDAIR_TCP_LISTEN);
}
static void arrange_option_missing(struct cause_facts *facts)
{
	facts->flags = RP;
	held_in(facts, MIDAIR_TCP_BOUND_INACTIVE);
	facts->holder.has_options = true;
	facts->holder.options = RA;
	facts->conflict = cause_conflict(facts, &facts->holder);
}
static void arrange_option_hidden(struct cause_facts *facts)
{
	facts->flags = RP;
	held_in(facts, MIDAIR_TCP_LISTEN);
}
static void arrange_option_tried(struct cause_facts *facts)
{
	arrange_option_hidden(facts);
	facts->was_tried = true;
	facts->tried_result = -EADDRINUSE;
}
static void arrange_not_looked_at(struct cause_facts *facts)
{
	facts->flags = RP;
	facts->n_not_looked_at = 30;
}
static void arrange_blind(struct cause_facts *facts)
{
	facts->is_blind_to_bound = true;
}
static void arrange_foreign_address(struct cause_facts *facts)
{
	facts->address_result = -EADDRNOTAVAIL;
}
static void arrange_no_route(struct cause_facts *facts)
{
	facts->call = CAUSE_CONNECT;
	facts->route_result = -ENETUNREACH;
}
static void arrange_privileged(struct cause_facts *facts)
{
	facts->is_forbidden = true;
}
static void arrange_pin_outside(struct cause_facts *facts)
{
	facts->call = CAUSE_CONNECT;
	facts->port = CAUSE_PORT_PINNED;
}
static void arrange_pin_inside(struct cause_facts *facts)
{
	arrange_pin_outside(facts);
	facts->first_port = 50;
}
static void arrange_pin_blind(struct cause_facts *facts)
{
	arrange_pin_inside(facts);
	facts->is_blind_to_bound = true;
}
static void arrange_pin_reserved(struct cause_facts *facts)
{
	arrange_pin_inside(facts);
	facts->is_reserved = true;
}
static void arrange_pin_locked(struct cause_facts *facts)
{
	arrange_pin_inside(facts);
	facts->has_holder = true;
	facts->holder = holder("203.0.113.5:99", MIDAIR_TCP_LISTEN);
}
static void arrange_pin_shared(struct cause_facts *facts)
{
	arrange_pin_inside(facts);
	facts->has_holder = true;
	facts->holder = holder("203.0.113.5:99", MIDAIR_TCP_ESTABLISHED);
}
static void arrange_pin_shared_in_vain(struct cause_facts *facts)
{
	arrange_pin_shared(facts);
	facts->was_tried = true;
	facts->tried_result = -EADDRNOTAVAIL;
}
static void arrange_pin_ignored(struct cause_facts *facts)
{
	arrange_pin_outside(facts);
	facts->was_tried = true;
	facts->tried_port = 40001;
}
static void arrange_full(struct cause_facts *facts)
{
	facts->call = CAUSE_CONNECT;
	facts->port = CAUSE_PORT_CHOSEN;
	facts->pool_size = 100;
	facts->pool_in_use = 100;
	facts->pool_locked = 3;
}
static void arrange_full_for_bind(struct cause_facts *facts)
{
	arrange_full(facts);
	facts->call = CAUSE_BIND;
}
static void arrange_full_of_reusable(struct cause_facts *facts)
{
	arrange_full(facts);
	facts->pool_reusable = 1;
}
static void arrange_half_full(struct cause_facts *facts)
{
	arrange_full(facts);
	facts->pool_in_use = 50;
}
static void arrange_nearly_half_full(struct cause_facts *facts)
{
	arrange_full(facts);
	facts->pool_in_use = 49;
}
static void arrange_no_pool(struct cause_facts *facts)
{
	arrange_full(facts);
	facts->pool_size = 0;
	facts->pool_in_use = 0;
}
static void arrange_full_says_the_try(struct cause_facts *facts)
{
	arrange_half_full(facts);
	facts->was_tried = true;
	facts->tried_result = -EADDRNOTAVAIL;
}
static void arrange_unseen(struct cause_facts *facts)
{
	facts->was_tried = true;
	facts->tried_result = -EADDRINUSE;
}
static void arrange_another_error(struct cause_facts *facts)
{
	facts->was_tried = true;
	facts->tried_result = -ENOBUFS;
}
static void arrange_another_reason(struct cause_facts *facts)
{
	arrange_listener(facts);
	facts->was_tried = true;
	facts->tried_result = -EACCES;
}
static void arrange_gone(struct cause_facts *facts)
{
	arrange_live(facts);
	facts->was_tried = true;
	facts->tried_port = 99;
}
static void arrange_privileged_says_the_try(struct cause_facts *facts)
{
	arrange_privileged(facts);
	facts->was_tried = true;
	facts->tried_result = -EACCES;
}
static void arrange_confirmed(struct cause_facts *facts)
{
	arrange_listener(facts);
	facts->was_tried = true;
	facts->tried_result = -EADDRINUSE;
}

static const struct situation situations[] = {
	{"nothing", MIDAIR_CAUSE_NONE, "nothing stands in the way", arrange_nothing},
	{"the pair lives", MIDAIR_CAUSE_TUPLE_LIVE, "exactly these two ends", arrange_live},
	{"with itself", MIDAIR_CAUSE_TUPLE_LIVE, "connected to itself", arrange_self},
	{"the peer closed", MIDAIR_CAUSE_TUPLE_LIVE, "exactly these two ends",
	 arrange_close_wait},
	{"we closed", MIDAIR_CAUSE_FIN_WAIT, "being closed", arrange_fin_wait},
	{"TIME_WAIT and a pin", MIDAIR_CAUSE_TIME_WAIT, "exactly these two ends",
	 arrange_pinned_time_wait},
	{"TIME_WAIT holds the port", MIDAIR_CAUSE_TIME_WAIT, "TIME_WAIT holds the port",
	 arrange_time_wait_holder},
	{"TIME_WAIT may share", MIDAIR_CAUSE_NONE, "had SO_REUSEADDR",
	 arrange_time_wait_that_may_share},
	{"TIME_WAIT did not share", MIDAIR_CAUSE_TIME_WAIT, "TIME_WAIT holds the port",
	 arrange_time_wait_that_did_not},
	{"a listener", MIDAIR_CAUSE_LISTENER, "listening socket", arrange_listener},
	{"a listener, whatever SO_REUSEADDR", MIDAIR_CAUSE_LISTENER, "listening socket",
	 arrange_listener_and_reuseaddr},
	{"a bound socket", MIDAIR_CAUSE_BOUND_UNSEEN, "not connected", arrange_bound},
	{"a connection elsewhere", MIDAIR_CAUSE_PORT_LOCKED, "another destination",
	 arrange_connected},
	{"another user", MIDAIR_CAUSE_OTHER_USER, "another user's", arrange_other_user},
	{"its option", MIDAIR_CAUSE_OPTION_MISSING, "has SO_REUSEADDR, ours SO_REUSEPORT",
	 arrange_option_missing},
	{"its option, hidden", MIDAIR_CAUSE_OPTION_MISSING, "cannot be seen",
	 arrange_option_hidden},
	{"its option, by the try", MIDAIR_CAUSE_OPTION_MISSING, "so the try says",
	 arrange_option_tried},
	{"too many to look at", MIDAIR_CAUSE_NONE, "one of 30", arrange_not_looked_at},
	{"an old kernel", MIDAIR_CAUSE_NONE, "does not show those", arrange_blind},
	{"foreign address", MIDAIR_CAUSE_NOT_LOCAL, "not of this machine",
	 arrange_foreign_address},
	{"no route", MIDAIR_CAUSE_NO_ROUTE, "Network is unreachable", arrange_no_route},
	{"privileged", MIDAIR_CAUSE_NO_PERMISSION, "CAP_NET_BIND_SERVICE", arrange_privileged},
	{"pin outside", MIDAIR_CAUSE_OUT_OF_RANGE, "(32768-60999)", arrange_pin_outside},
	{"pin outside, whatever the pair", MIDAIR_CAUSE_OUT_OF_RANGE, "(32768-60999)",
	 arrange_pin_outside_beside_a_pair},
	{"pin inside", MIDAIR_CAUSE_NONE, "nothing stands in the way", arrange_pin_inside},
	{"pin on an old kernel", MIDAIR_CAUSE_NONE, "does not show those", arrange_pin_blind},
	{"pin reserved", MIDAIR_CAUSE_RESERVED, "reserved_ports", arrange_pin_reserved},
	{"pin locked", MIDAIR_CAUSE_PORT_LOCKED, "a listener on 203.0.113.5:99",
	 arrange_pin_locked},
	{"pin beside a connection", MIDAIR_CAUSE_NONE, "unless the ESTABLISHED",
	 arrange_pin_shared},
	{"which was bound", MIDAIR_CAUSE_PORT_LOCKED, "got it by bind()",
	 arrange_pin_shared_in_vain},
	{"pin ignored", MIDAIR_CAUSE_OUT_OF_RANGE, "got port 40001", arrange_pin_ignored},
	{"full", MIDAIR_CAUSE_POOL_FULL, "100 of the 100 ports from 32768 to 60999",
	 arrange_full},
	{"full for bind", MIDAIR_CAUSE_POOL_FULL, "100 of the 100 ports",
	 arrange_full_for_bind},
	{"full but for TIME_WAIT", MIDAIR_CAUSE_NONE, "100 %", arrange_full_of_reusable},
	{"half full", MIDAIR_CAUSE_NONE, "past the half", arrange_half_full},
	{"nearly half full", MIDAIR_CAUSE_NONE, "49 of 100", arrange_nearly_half_full},
	{"no pool", MIDAIR_CAUSE_POOL_FULL, "0 of the 0", arrange_no_pool},
	{"full, says the try", MIDAIR_CAUSE_POOL_FULL, "shows nothing",
	 arrange_full_says_the_try},
	{"no table shows it", MIDAIR_CAUSE_BOUND_UNSEEN, "shows nothing", arrange_unseen},
	{"nobody knows", MIDAIR_CAUSE_UNKNOWN, "No buffer space", arrange_another_error},
	{"another reason", MIDAIR_CAUSE_NO_PERMISSION, "another reason",
	 arrange_another_reason},
	{"gone meanwhile", MIDAIR_CAUSE_NONE, "although it looked otherwise", arrange_gone},
	{"privileged, confirmed", MIDAIR_CAUSE_NO_PERMISSION, "CAP_NET_BIND_SERVICE",
	 arrange_privileged_says_the_try},
	{"confirmed", MIDAIR_CAUSE_LISTENER, "listening socket", arrange_confirmed},
};

static void each_situation_has_its_cause(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(situations); i++) {
		struct cause_facts facts = facts_of("192.0.2.1:99", 0);
		struct midair_why why;

		situations[i].arrange(&facts);
		cause_find(&facts, &why);
		if (why.cause != situations[i].cause ||
		    strstr(why.text, situations[i].text) == NULL)
			fail_msg("\"%s\" is %s: %s", situations[i].name,
				 midair_cause_name(why.cause), why.text);
		EXPECT(why.has_owner ==
			       (facts.has_holder ||
				(facts.has_tuple && why.cause != MIDAIR_CAUSE_OUT_OF_RANGE)),
		       situations[i].name);
		EXPECT(strlen(why.remedy) > 0, situations[i].name);
		EXPECT(strlen(why.text) < sizeof(why.text) - 1, situations[i].name);
		EXPECT(strchr(why.text, '\n') == NULL, situations[i].name);
		EXPECT(why.text[strlen(why.text) - 1] != '.', situations[i].name);
	}
}

static void every_cause_has_a_situation(void **state)
{
	(void)state;
	for (int cause = MIDAIR_CAUSE_NONE; cause <= MIDAIR_CAUSE_UNKNOWN; cause++) {
		bool is_tested = false;

		for (size_t i = 0; i < N_ITEMS(situations); i++)
			is_tested |= situations[i].cause == (enum midair_cause)cause;
		EXPECT(is_tested, midair_cause_name((enum midair_cause)cause));
	}
}

static void what_helped_becomes_the_remedy(void **state)
{
	struct cause_facts facts = facts_of("192.0.2.1:99", 0);
	struct midair_why why;

	(void)state;
	arrange_confirmed(&facts);
	facts.helpful_flags = RP;
	cause_find(&facts, &why);
	assert_int_equal(why.helpful_flags, RP);
	assert_int_equal(why.tried_result, -EADDRINUSE);
	assert_non_null(strstr(why.remedy, "SO_REUSEPORT before bind(): tried"));
}

static void a_try_that_confirms_changes_no_text(void **state)
{
	struct cause_facts facts = facts_of("192.0.2.1:99", 0);
	struct midair_why looked, tried;

	(void)state;
	arrange_privileged(&facts);
	cause_find(&facts, &looked);
	arrange_privileged_says_the_try(&facts);
	cause_find(&facts, &tried);
	assert_string_equal(tried.text, looked.text);
}

static void the_time_that_is_left_is_told(void **state)
{
	struct cause_facts facts = facts_of("192.0.2.1:99", 0);
	struct midair_why why;

	(void)state;
	arrange_pinned_time_wait(&facts);
	facts.tuple.row.timer = MIDAIR_TIMER_TIME_WAIT;
	facts.tuple.row.timer_ms = 59300;
	cause_find(&facts, &why);
	assert_int_equal(why.cause, MIDAIR_CAUSE_TIME_WAIT);
	assert_int_equal(why.remaining_ms, 59300);
}

static void the_cliff_is_at_one_half(void **state)
{
	struct cause_facts facts = facts_of("192.0.2.1:99", 0);
	struct midair_why why;

	(void)state;
	arrange_half_full(&facts);
	cause_find(&facts, &why);
	assert_true(why.is_past_cliff);
	assert_int_equal(why.pool_in_use, 50);
	assert_int_equal(why.pool_size, 100);
	facts.pool_in_use = 49;
	cause_find(&facts, &why);
	assert_false(why.is_past_cliff);
}

static void a_certain_obstacle_ranks_before_a_possible_one(void **state)
{
	struct cause_facts facts = facts_of("192.0.2.1:99", RP);
	struct cause_socket listening = holder("192.0.2.1:99", MIDAIR_TCP_LISTEN);
	struct cause_socket bound = holder("192.0.2.1:99", MIDAIR_TCP_BOUND_INACTIVE);
	struct cause_socket elsewhere = holder("192.0.2.2:99", MIDAIR_TCP_LISTEN);

	(void)state;
	assert_true(cause_rank(&facts, &listening) > cause_rank(&facts, &bound));
	assert_true(cause_rank(&facts, &bound) > 0);
	assert_true(cause_rank(&facts, &listening) < CAUSE_RANK_CERTAIN);
	bound.row.uid = 0;
	assert_true(cause_rank(&facts, &bound) >= CAUSE_RANK_CERTAIN);
	assert_int_equal(cause_rank(&facts, &elsewhere), 0);
	facts.port = CAUSE_PORT_PINNED;
	assert_true(cause_rank(&facts, &elsewhere) >= CAUSE_RANK_CERTAIN);
}

static void every_cause_has_its_own_name(void **state)
{
	(void)state;
	for (int a = MIDAIR_CAUSE_NONE; a <= MIDAIR_CAUSE_UNKNOWN; a++) {
		const char *name = midair_cause_name((enum midair_cause)a);

		EXPECT(strspn(name, "abcdefghijklmnopqrstuvwxyz-") == strlen(name), name);
		for (int b = MIDAIR_CAUSE_NONE; b < a; b++)
			EXPECT(strcmp(name, midair_cause_name((enum midair_cause)b)) != 0,
			       name);
	}
	assert_string_equal(midair_cause_name((enum midair_cause)999), "unknown");
	assert_string_equal(midair_cause_name((enum midair_cause) - 1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_sockets_share_by_an_option_that_both_have),
		cmocka_unit_test(sharing_depends_on_the_user),
		cmocka_unit_test(only_overlapping_addresses_conflict),
		cmocka_unit_test(options_that_cannot_be_seen_may_conflict),
		cmocka_unit_test(a_pair_in_time_wait_can_be_taken_again),
		cmocka_unit_test(each_situation_has_its_cause),
		cmocka_unit_test(every_cause_has_a_situation),
		cmocka_unit_test(what_helped_becomes_the_remedy),
		cmocka_unit_test(a_try_that_confirms_changes_no_text),
		cmocka_unit_test(the_time_that_is_left_is_told),
		cmocka_unit_test(the_cliff_is_at_one_half),
		cmocka_unit_test(a_certain_obstacle_ranks_before_a_possible_one),
		cmocka_unit_test(every_cause_has_its_own_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
