/* SPDX-License-Identifier: MIT */
#include "core/check_internal.h"

#include <errno.h>
#include <string.h>

void check_init(struct check *check, const struct check_config *config, uint64_t now_ms)
{
	memset(check, 0, sizeof(*check));
	check->config = *config;
	check->begin_ms = now_ms;
}

static void welcome(struct step *step)
{
	struct check *check = step->check;
	const struct wire_welcome *message = &step->event->message->welcome;
	uint32_t link = step->event->link;

	if (check_is_told(check, link) ||
	    message->observed.family != check->config.server.family)
		return;
	check->observed[link] = message->observed;
	/* A server without the capability would take the question for a breach. */
	if (link == 0 && (message->capabilities & WIRE_CAN_PROBE) != 0 && !check->was_asked &&
	    check->config.extent != CHECK_GLANCE) {
		struct check_action *action = check_act(step, CHECK_SEND);

		check->was_asked = true;
		action->message.type = WIRE_PROBE_INFO;
	}
	check_begin_what_can(step);
}

static void take_result(struct step *step)
{
	const struct wire_probe_result *result = &step->event->message->probe_result;
	struct check_probe *waiting;

	if (result->token >= CHECK_PROBES)
		return;
	waiting = &step->check->asked[result->token];
	if (waiting->state != CHECK_WAITING || waiting->link != step->event->link)
		return;
	waiting->state = CHECK_YES;
	waiting->result = *result;
}

static int refusal_of(enum wire_error error)
{
	switch (error) {
	case WIRE_ERROR_VERSION:
		return MIDAIR_E_VERSION;
	case WIRE_ERROR_PROTOCOL:
		return MIDAIR_E_PROTOCOL;
	case WIRE_ERROR_ROOM_TAKEN:
	case WIRE_ERROR_BUSY:
	case WIRE_ERROR_TOO_MANY:
	case WIRE_ERROR_SLOW:
	case WIRE_ERROR_EXPIRED:
	case WIRE_ERROR_CLOSING:
		break;
	}
	return MIDAIR_E_BUSY;
}

static void message(struct step *step)
{
	struct check *check = step->check;

	switch (step->event->message->type) {
	case WIRE_WELCOME:
		welcome(step);
		break;
	case WIRE_PROBES:
		if (step->event->link == 0 && check->was_asked && !check->has_probes) {
			check->has_probes = true;
			check->probes = step->event->message->probes;
			check_begin_what_can(step);
		}
		break;
	case WIRE_PROBE_RESULT:
		take_result(step);
		break;
	case WIRE_ERROR:
		check->refusal = refusal_of(step->event->message->error);
		break;
	/* of another's business, or nonsense: it changes nothing */
	case WIRE_HELLO:
	case WIRE_ENTER:
	case WIRE_SEALED:
	case WIRE_LEAVE:
	case WIRE_ROOM:
	case WIRE_PEER:
	case WIRE_LEFT:
	case WIRE_PROBE_INFO:
	case WIRE_PROBE:
	case WIRE_RELAY:
	case WIRE_RELAY_READY:
	case WIRE_RELAY_WANTED:
	case WIRE_RELAY_REFUSED:
		break;
	}
}

static void opened(struct step *step)
{
	struct check *check = step->check;
	uint32_t link = step->event->link;

	check->links[link] = CHECK_YES;
	check->locals[link] = step->event->local;
	if (link < CHECK_LINK_SILENT)
		check_hello(step, link);
	if (link >= CHECK_LINK_HAIRPIN_A && link <= CHECK_LINK_HAIRPIN_FRESH)
		check->is_hairpin = true;
}

static void failed(struct step *step)
{
	struct check *check = step->check;
	uint32_t link = step->event->link;
	enum check_state before = check->links[link];

	check->links[link] = CHECK_NO;
	if (link < CHECK_SAMPLES)
		check->result = step->event->result;
	for (uint32_t i = 0; i < CHECK_PROBES; i++)
		if (check->asked[i].state == CHECK_WAITING && check->asked[i].link == link)
			check->asked[i].state = CHECK_NO;
	/* The RST is through: what is left of the SYN's way? */
	if (before != CHECK_WAITING || step->event->result != -ECONNREFUSED)
		return;
	if (link == CHECK_LINK_REFUSING)
		check_probe(step, SLOT_REFUSING, WIRE_PROBE_REFUSING);
	if (link == CHECK_LINK_BARE)
		check_probe(step, SLOT_BARE, CHECK_PROBE_BARE);
}

static bool is_waiting_for_links(const struct check *check, uint64_t now_ms)
{
	for (uint32_t link = 0; link < CHECK_LINK_HAIRPIN_A; link++) {
		bool must_tell = link < CHECK_LINK_SILENT;

		/* The silent port's dial ends with its probe. */
		if (link == CHECK_LINK_SILENT)
			continue;
		if (check->links[link] == CHECK_WAITING ||
		    (must_tell && check->links[link] == CHECK_YES &&
		     !check_is_told(check, link)))
			return true;
	}
	for (uint32_t link = CHECK_LINK_HAIRPIN_A; link < CHECK_LINKS; link++)
		if (check->links[link] == CHECK_WAITING && !check->is_hairpin &&
		    now_ms < check->hairpin_ms)
			return true;
	return false;
}

static bool is_probing_put_off(const struct check *check)
{
	return check->config.extent == CHECK_QUICK && check->has_probes &&
	       check->asked[WIRE_PROBE_FRESH].state == CHECK_UNUSED &&
	       check->links[0] == CHECK_YES;
}

static bool is_complete(const struct check *check, uint64_t now_ms)
{
	if (is_waiting_for_links(check, now_ms))
		return false;
	if (check->was_asked && !check->has_probes && check->links[0] == CHECK_YES)
		return false;
	if (is_probing_put_off(check))
		return false;
	for (uint32_t i = 0; i < CHECK_PROBES; i++)
		if (check->asked[i].state == CHECK_WAITING)
			return false;
	return true;
}

/* A dial that got in would have been told of by now: half a round trip, and another one. */
static void end_silence(struct step *step)
{
	struct check *check = step->check;

	for (uint32_t i = 0; i < CHECK_PROBES; i++) {
		struct check_probe *asked = &check->asked[i];

		if (asked->state != CHECK_WAITING ||
		    step->now_ms < asked->asked_ms + CHECK_QUICK_SILENCE_MS)
			continue;
		asked->state = CHECK_YES;
		asked->result.outcome = WIRE_PROBE_SILENCE;
	}
}

static void tick(struct step *step)
{
	if (step->check->config.extent != CHECK_QUICK)
		return;
	if (is_probing_put_off(step->check))
		check_begin_what_can(step);
	end_silence(step);
}

void check_step(struct check *check, uint64_t now_ms, const struct check_event *event,
		struct check_update *update)
{
	struct step step = {check, now_ms, event, update};

	update->n_actions = 0;
	if (check->is_done)
		return;
	switch (event->type) {
	case CHECK_BEGIN:
		check_begin(&step);
		break;
	case CHECK_OPENED:
		opened(&step);
		break;
	case CHECK_FAILED:
		failed(&step);
		break;
	case CHECK_MESSAGE:
		message(&step);
		break;
	case CHECK_LANDED:
		/* Only a box that turns our own dials back leads from our outer address. */
		if (event->slot == SLOT_HAIRPIN && check->hairpin_ms != 0 &&
		    (check_same_address(&event->remote, &check->observed[SLOT_HAIRPIN]) ||
		     check_same_address(&event->remote, &check->locals[SLOT_HAIRPIN])))
			check->is_hairpin = true;
		break;
	case CHECK_TICK:
		tick(&step);
		break;
	}
	if (now_ms >= check->hairpin_ms)
		check->hairpin_ms = 0;
	check->is_done = now_ms >= check->begin_ms + check->config.timeout_ms ||
			 is_complete(check, now_ms);
}

/* CHECK_QUICK: when to begin what was put off, and when silence is an answer. */
static uint64_t quick_deadline_ms(const struct check *check, uint64_t end_ms)
{
	uint64_t begin_ms = check->begin_ms + CHECK_QUICK_PATIENCE_MS;

	if (is_probing_put_off(check) && begin_ms < end_ms)
		end_ms = begin_ms;
	for (uint32_t i = 0; i < CHECK_PROBES; i++) {
		const struct check_probe *asked = &check->asked[i];

		if (asked->state == CHECK_WAITING &&
		    asked->asked_ms + CHECK_QUICK_SILENCE_MS < end_ms)
			end_ms = asked->asked_ms + CHECK_QUICK_SILENCE_MS;
	}
	return end_ms;
}

uint64_t check_deadline_ms(const struct check *check)
{
	uint64_t end_ms = check->begin_ms + check->config.timeout_ms;

	if (check->is_done)
		return UINT64_MAX;
	if (check->config.extent == CHECK_QUICK)
		return quick_deadline_ms(check, end_ms);
	return check->hairpin_ms != 0 && !check->is_hairpin && check->hairpin_ms < end_ms
		       ? check->hairpin_ms
		       : end_ms;
}
