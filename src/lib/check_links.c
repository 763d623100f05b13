/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "lib/check_internal.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/socket.h"
#include "os/stream_socket.h"

#define NS_PER_MS UINT64_C(1000000)
/* Further connections to a listener wait for the next turn. */
#define ACCEPT_BATCH 8
/* Messages that are taken in one go. */
#define RECEIVE_BATCH 4

uint64_t check_now_ms(void)
{
	return clock_now_ns() / NS_PER_MS;
}

static uint32_t tag_of(const struct midair_check *check, const struct check_family *family,
		       uint32_t number)
{
	return (uint32_t)(family - check->families) * (CHECK_LINKS + CHECK_SLOTS) + number;
}

static void close_contact(struct midair_check *check, struct check_contact *contact)
{
	loop_forget(&check->loop, contact->fd);
	contact->fd = socket_close_reset(contact->fd);
	contact->is_open = false;
	contact->n_input = 0;
}

/* A socket on the slot's port, which its first socket has chosen. Returns it or -errno. */
static int open_slot(struct check_family *family, uint32_t slot)
{
	struct midair_endpoint *local = &family->slots[slot];
	struct midair_endpoint any = family->source;
	int fd;
	int result = 0;

	any.family = family->check.config.server.family;
	any.port = local->port;
	fd = socket_open(&any);
	if (fd >= 0 && local->port == 0)
		result = socket_local(fd, local);
	if (result == 0)
		return fd;
	close_fd(fd);
	return result;
}

static int dial(struct midair_check *check, struct check_family *family,
		const struct check_action *action)
{
	struct check_contact *contact = &family->contacts[action->link];
	int result;

	/* what was guessed is not where it is */
	close_contact(check, contact);
	contact->fd = open_slot(family, action->slot);
	if (contact->fd < 0)
		return contact->fd;
	result = socket_dial(contact->fd, &action->remote);
	/* Watched after connect(): before it the socket polls as hung up. */
	if (result == 0)
		result = loop_watch_dial(&check->loop, contact->fd,
					 tag_of(check, family, action->link));
	if (result != 0)
		close_contact(check, contact);
	return result;
}

/* Without a listener its probes would only show our own kernel's RST. */
static int listen_on(struct midair_check *check, struct check_family *family, uint32_t slot)
{
	int fd = open_slot(family, slot);
	int result;

	if (fd < 0)
		return fd;
	result = socket_listen(fd);
	if (result == 0)
		result = loop_watch_input(&check->loop, fd,
					  tag_of(check, family, CHECK_LINKS + slot));
	if (result != 0) {
		close_fd(fd);
		return result;
	}
	family->listeners[slot] = fd;
	return 0;
}

static int say(struct check_family *family, const struct check_action *action)
{
	struct check_contact *contact = &family->contacts[action->link];
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t size = wire_encode(&action->message, bytes);
	ssize_t n;

	if (contact->fd < 0)
		return 0;
	n = stream_socket_send(contact->fd, bytes, size);
	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EAGAIN;
}

static void act(struct midair_check *check, struct check_family *family,
		const struct check_action *action)
{
	switch (action->type) {
	case CHECK_DIAL:
		family->contacts[action->link].failure = dial(check, family, action);
		break;
	case CHECK_LISTEN:
		(void)listen_on(check, family, action->slot);
		break;
	case CHECK_SEND:
		family->contacts[action->link].failure = say(family, action);
		break;
	}
}

static void step(struct midair_check *check, struct check_family *family,
		 const struct check_event *event)
{
	struct check_update update;

	check_step(&family->check, check_now_ms(), event, &update);
	for (uint32_t i = 0; i < update.n_actions; i++)
		act(check, family, &update.actions[i]);
}

/* A dial that failed at once leads to an event of its own, which may lead to more. */
static bool tell_failure(struct midair_check *check, struct check_family *family)
{
	for (uint32_t link = 0; link < CHECK_LINKS; link++) {
		struct check_contact *contact = &family->contacts[link];
		const struct check_event event = {
			.type = CHECK_FAILED, .link = link, .result = contact->failure};

		if (contact->failure == 0)
			continue;
		contact->failure = 0;
		close_contact(check, contact);
		step(check, family, &event);
		return true;
	}
	return false;
}

void check_feed(struct midair_check *check, struct check_family *family,
		const struct check_event *event)
{
	step(check, family, event);
	while (tell_failure(check, family))
		;
}

static void fail(struct midair_check *check, struct check_family *family, uint32_t link,
		 int result)
{
	close_contact(check, &family->contacts[link]);
	check_feed(check, family,
		   &(struct check_event){.type = CHECK_FAILED, .link = link, .result = result});
}

static void decide(struct midair_check *check, struct check_family *family, uint32_t link)
{
	struct check_contact *contact = &family->contacts[link];
	struct check_event event = {.type = CHECK_OPENED, .link = link};
	int result = socket_outcome(contact->fd);

	if (result == -EINPROGRESS)
		return;
	if (result == 0)
		result = socket_local(contact->fd, &event.local);
	if (result == 0)
		result = loop_watch_stream(&check->loop, contact->fd,
					   tag_of(check, family, link), false);
	if (result != 0) {
		fail(check, family, link, result);
		return;
	}
	contact->is_open = true;
	check_feed(check, family, &event);
	/* That it stands is all that was asked of it. */
	if (link >= CHECK_LINK_SILENT)
		close_contact(check, contact);
}

/* False: it has ended. */
static bool take_messages(struct midair_check *check, struct check_family *family,
			  uint32_t link)
{
	struct check_contact *contact = &family->contacts[link];

	while (contact->n_input > 0) {
		struct wire_message message;
		int size = wire_decode(contact->input, contact->n_input, &message);

		if (size == 0)
			return true;
		if (size < 0) {
			fail(check, family, link, MIDAIR_E_PROTOCOL);
			return false;
		}
		contact->n_input -= (size_t)size;
		memmove(contact->input, contact->input + size, contact->n_input);
		check_feed(check, family,
			   &(struct check_event){
				   .type = CHECK_MESSAGE, .link = link, .message = &message});
		if (contact->fd < 0)
			return false;
	}
	return true;
}

static void receive(struct midair_check *check, struct check_family *family, uint32_t link)
{
	struct check_contact *contact = &family->contacts[link];

	for (int i = 0; i < RECEIVE_BATCH; i++) {
		ssize_t n =
			stream_socket_receive(contact->fd, contact->input + contact->n_input,
					      sizeof(contact->input) - contact->n_input);

		if (n == -EAGAIN)
			return;
		if (n <= 0) {
			fail(check, family, link, n == 0 ? -ECONNRESET : (int)n);
			return;
		}
		contact->n_input += (size_t)n;
		if (!take_messages(check, family, link))
			return;
	}
}

static void accept_some(struct midair_check *check, struct check_family *family, uint32_t slot)
{
	for (int i = 0; i < ACCEPT_BATCH && family->listeners[slot] >= 0; i++) {
		struct check_event event = {.type = CHECK_LANDED, .slot = slot};
		int fd = socket_accept(family->listeners[slot], &event.remote);

		if (fd < 0)
			return;
		socket_close_reset(fd);
		check_feed(check, family, &event);
	}
}

void check_ready(struct midair_check *check, struct check_family *family, uint32_t tag)
{
	struct check_contact *contact = &family->contacts[tag < CHECK_LINKS ? tag : 0];

	if (tag >= CHECK_LINKS)
		accept_some(check, family, tag - CHECK_LINKS);
	else if (contact->fd >= 0 && !contact->is_open)
		decide(check, family, tag);
	else if (contact->fd >= 0)
		receive(check, family, tag);
}

void check_close(struct midair_check *check, struct check_family *family)
{
	for (uint32_t link = 0; link < CHECK_LINKS; link++)
		close_contact(check, &family->contacts[link]);
	for (uint32_t slot = 0; slot < CHECK_SLOTS; slot++) {
		loop_forget(&check->loop, family->listeners[slot]);
		family->listeners[slot] = close_fd(family->listeners[slot]);
	}
}
