/* SPDX-License-Identifier: MIT */
/* To a connection with the server, however often that takes. See approach.h. */
#include "core/approach_internal.h"

#define MS UINT64_C(1000000)

/* RFC 8305, 5: between two addresses, and how long the first one's family is preferred. */
#define NEXT_ADDRESS_NS (250 * MS)
#define PREFERENCE_NS	(250 * MS)
/* No handshake takes longer, even when its first two SYNs are lost. */
#define ROUND_NS	   (10000 * MS)
#define ANSWER_PATIENCE_NS (10000 * MS)
/* The first pause is none: a server that was restarted is back. Up to FIRST_JITTER_NS, so that
 * not all of its clients come in one instant; then doubled from PAUSE_NS. */
#define FIRST_JITTER_NS	 (50 * MS)
#define PAUSE_NS	 (250 * MS)
#define PAUSE_LONGEST_NS (5000 * MS)
/* A server that kept us so long before it was lost is a good one. */
#define GOOD_NS (10000 * MS)

static uint8_t family_of(const struct approach *approach, uint32_t server)
{
	return approach->config.servers[server].family;
}

/* The first address, the first of the other family, then the others as they stand. */
void reach_init(struct approach *approach)
{
	uint32_t n_servers = approach->config.n_servers;
	uint32_t other = 0;
	uint32_t n = 0;

	while (other < n_servers && family_of(approach, other) == family_of(approach, 0))
		other++;
	approach->order[n++] = 0;
	if (other < n_servers)
		approach->order[n++] = (uint8_t)other;
	for (uint32_t i = 1; i < n_servers; i++)
		if (i != other)
			approach->order[n++] = (uint8_t)i;
	approach->at = APPROACH_NOWHERE;
}

static bool is_open(enum contact_state state)
{
	return state == CONTACT_CONNECTING || state == CONTACT_STANDING ||
	       state == CONTACT_GREETED || state == CONTACT_ASKED;
}

static void close_contact(struct move *move, uint32_t server)
{
	struct approach *approach = move->approach;

	if (is_open(approach->contacts[server]))
		move_act(move, APPROACH_ACTION_CLOSE, server);
	approach->contacts[server] = CONTACT_ENDED;
	if (approach->at == server)
		approach->at = APPROACH_NOWHERE;
}

void reach_close_all(struct move *move)
{
	for (uint32_t i = 0; i < move->approach->config.n_servers; i++)
		close_contact(move, i);
}

static void connect_next(struct move *move)
{
	struct approach *approach = move->approach;
	uint32_t server;

	approach->next_ns = move->event->now_ns + NEXT_ADDRESS_NS;
	if (approach->n_dialled == approach->config.n_servers)
		return;
	server = approach->order[approach->n_dialled++];
	approach->contacts[server] = CONTACT_CONNECTING;
	move_act(move, APPROACH_ACTION_CONNECT, server);
}

void reach_begin(struct move *move)
{
	struct approach *approach = move->approach;
	const uint8_t *order = approach->order;

	approach->phase = APPROACH_REACHING;
	approach->round_ns = move->event->now_ns;
	approach->n_dialled = 0;
	approach->has_welcome = false;
	for (uint32_t i = 0; i < approach->config.n_servers; i++)
		approach->contacts[i] = CONTACT_IDLE;
	connect_next(move);
	if (approach->config.n_servers > 1 &&
	    family_of(approach, order[1]) != family_of(approach, order[0]))
		connect_next(move);
}

static bool has_contact(const struct approach *approach, enum contact_state state)
{
	for (uint32_t i = 0; i < approach->config.n_servers; i++)
		if (approach->contacts[i] == state)
			return true;
	return false;
}

/* When the server may be told something: at once, unless a standing hole comes first. */
static uint64_t greeting_ns(const struct approach *approach)
{
	return approach->start_ns + approach->config.hole_first_ns;
}

/* Whether this one is taken although another of the first family may still come. */
static bool is_time_for(const struct move *move, uint32_t server)
{
	const struct approach *approach = move->approach;
	uint8_t preferred = family_of(approach, 0);

	if (move->event->now_ns < greeting_ns(approach))
		return false;
	if (family_of(approach, server) == preferred ||
	    move->event->now_ns >= approach->round_ns + PREFERENCE_NS)
		return true;
	for (uint32_t i = 0; i < approach->config.n_servers; i++)
		if (family_of(approach, i) == preferred &&
		    approach->contacts[i] == CONTACT_CONNECTING)
			return false;
	return true;
}

/* What shall become of a connection when the rendezvous is another one. */
static void ask_or_close(struct move *move, uint32_t server, bool is_probe)
{
	struct approach *approach = move->approach;
	enum contact_state state = approach->contacts[server];

	if (!is_probe) {
		close_contact(move, server);
	} else if (state == CONTACT_STANDING) {
		approach->contacts[server] = CONTACT_ASKED;
		move_act(move, APPROACH_ACTION_ASK, server);
	} else if (state == CONTACT_IDLE) {
		approach->contacts[server] = CONTACT_CONNECTING;
		move_act(move, APPROACH_ACTION_CONNECT, server);
	}
}

static uint32_t probe_for(const struct approach *approach, uint32_t chosen)
{
	uint32_t i = 0;

	while (i < approach->config.n_servers &&
	       family_of(approach, i) == family_of(approach, chosen))
		i++;
	return i;
}

void reach_ask_again(struct move *move)
{
	struct approach *approach = move->approach;
	uint32_t probe = probe_for(approach, approach->at);

	if (probe == approach->config.n_servers)
		return;
	if (approach->contacts[probe] == CONTACT_ASKED) {
		move_act(move, APPROACH_ACTION_ASK, probe);
	} else if (approach->contacts[probe] == CONTACT_ENDED) {
		approach->contacts[probe] = CONTACT_CONNECTING;
		move_act(move, APPROACH_ACTION_CONNECT, probe);
	}
}

static void choose(struct move *move, uint32_t server)
{
	struct approach *approach = move->approach;
	uint32_t probe = probe_for(approach, server);

	approach->phase = APPROACH_ENTERING;
	approach->patience_ns = move->event->now_ns + ANSWER_PATIENCE_NS;
	approach->at = server;
	approach->greeted_ns = move->event->now_ns;
	approach->contacts[server] = CONTACT_GREETED;
	move_act(move, APPROACH_ACTION_GREET, server)->is_allocating =
		approach->config.is_host && approach->room == 0;
	for (uint32_t i = 0; i < approach->config.n_servers; i++)
		if (i != server)
			ask_or_close(move, i, i == probe);
}

static void choose_standing(struct move *move)
{
	struct approach *approach = move->approach;

	for (uint32_t i = 0; i < approach->config.n_servers; i++)
		if (approach->contacts[i] == CONTACT_STANDING && is_time_for(move, i)) {
			choose(move, i);
			return;
		}
}

void reach_connected(struct move *move)
{
	struct approach *approach = move->approach;
	uint32_t server = move->event->server;

	if (approach->contacts[server] != CONTACT_CONNECTING) {
		move_act(move, APPROACH_ACTION_CLOSE, server);
		return;
	}
	approach->locals[server] = move->event->local;
	approach->contacts[server] = CONTACT_STANDING;
	if (approach->phase == APPROACH_REACHING)
		choose_standing(move);
	else
		ask_or_close(move, server, true);
}

/* No address is left to try in this round. */
static bool is_round_over(const struct approach *approach)
{
	return approach->n_dialled == approach->config.n_servers &&
	       !has_contact(approach, CONTACT_CONNECTING) &&
	       !has_contact(approach, CONTACT_STANDING);
}

/* A connection is over. relay_result: what becomes of an attempt that needs it for the relay. */
static void contact_over(struct move *move, int relay_result)
{
	struct approach *approach = move->approach;
	uint32_t server = move->event->server;
	bool is_rendezvous = approach->at == server;

	approach->contacts[server] = CONTACT_ENDED;
	if (is_rendezvous)
		approach->at = APPROACH_NOWHERE;
	if (approach->phase == APPROACH_REACHING) {
		approach->result = move->event->result;
		choose_standing(move);
		if (approach->phase == APPROACH_REACHING)
			connect_next(move);
		if (approach->phase == APPROACH_REACHING && is_round_over(approach))
			reach_lost(move, approach->result);
	} else if (is_rendezvous && approach_is_before_introduction(approach)) {
		reach_lost(move, move->event->result);
	} else if (is_rendezvous) {
		relay_lost(move, relay_result);
	}
}

void reach_unreached(struct move *move)
{
	contact_over(move, MIDAIR_E_SERVER);
}

void reach_broken(struct move *move)
{
	move_act(move, APPROACH_ACTION_CLOSE, move->event->server);
	contact_over(move, MIDAIR_E_PROTOCOL);
}

static uint64_t pause_ns(struct approach *approach)
{
	uint64_t pause = PAUSE_NS;

	if (approach->n_losses <= 1)
		return random_below(&approach->random, FIRST_JITTER_NS);
	for (uint32_t i = 2; i < approach->n_losses && pause < PAUSE_LONGEST_NS; i++)
		pause *= 2;
	if (pause > PAUSE_LONGEST_NS)
		pause = PAUSE_LONGEST_NS;
	return pause / 2 + random_below(&approach->random, pause / 2);
}

void reach_lost(struct move *move, int result)
{
	struct approach *approach = move->approach;
	uint32_t server = approach->at != APPROACH_NOWHERE ? approach->at : 0;
	uint64_t now_ns = move->event->now_ns;
	uint64_t pause;

	if (approach->phase == APPROACH_ALONE && now_ns - approach->alone_ns >= GOOD_NS)
		approach->n_losses = 0;
	if (approach->n_losses < UINT32_MAX)
		approach->n_losses++;
	reach_close_all(move);
	pause = pause_ns(approach);
	approach->phase = APPROACH_PAUSING;
	approach->patience_ns = now_ns + pause;
	move_report(move, &(struct midair_event){
				  .type = MIDAIR_EVENT_SERVER_LOST,
				  .remote = approach->config.servers[server],
				  .result = result,
				  .wait_ns = (int64_t)pause,
			  });
}

void reach_time(struct move *move)
{
	struct approach *approach = move->approach;
	uint64_t now_ns = move->event->now_ns;

	choose_standing(move);
	if (approach->phase != APPROACH_REACHING)
		return;
	if (now_ns >= approach->round_ns + ROUND_NS)
		reach_lost(move, approach->result != 0 ? approach->result : MIDAIR_E_TIMEOUT);
	else if (now_ns >= approach->next_ns)
		connect_next(move);
}

uint64_t reach_deadline(const struct approach *approach)
{
	uint64_t ready_ns = approach->round_ns + PREFERENCE_NS;
	uint64_t deadline_ns = approach->round_ns + ROUND_NS;

	if (ready_ns < greeting_ns(approach))
		ready_ns = greeting_ns(approach);
	if (approach->n_dialled < approach->config.n_servers && approach->next_ns < deadline_ns)
		deadline_ns = approach->next_ns;
	if (has_contact(approach, CONTACT_STANDING) && ready_ns < deadline_ns)
		deadline_ns = ready_ns;
	return deadline_ns;
}
