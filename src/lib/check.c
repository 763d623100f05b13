/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "core/endpoint.h"
#include "lib/check_internal.h"

#define DEFAULT_TIMEOUT_MS 4000
#define TIMEOUT_MAX_MS	   60000
#define NS_PER_MS	   UINT64_C(1000000)
#define N_TAGS		   (CHECK_LINKS + CHECK_SLOTS)
/* A gateway that has said nothing by then is not waited for. */
#define GATEWAY_MS 1500

static int check_config_of(const struct midair_check_config *config)
{
	if (config->size != sizeof(*config) || (config->n_servers > 0 && !config->servers))
		return MIDAIR_E_CONFIG;
	if (config->n_servers > MIDAIR_SERVERS_MAX)
		return MIDAIR_E_LIMIT;
	for (size_t i = 0; i < config->n_servers; i++)
		if (config->servers[i].family == MIDAIR_FAMILY_NONE ||
		    config->servers[i].port == 0)
			return MIDAIR_E_CONFIG;
	return config->timeout_ms > TIMEOUT_MAX_MS ? MIDAIR_E_RANGE : 0;
}

static void blank(struct midair_check *check)
{
	check->loop = (struct loop)LOOP_NULL;
	for (int f = 0; f < 2; f++) {
		for (uint32_t link = 0; link < CHECK_LINKS; link++)
			check->families[f].contacts[link].fd = -1;
		for (uint32_t slot = 0; slot < CHECK_SLOTS; slot++)
			check->families[f].listeners[slot] = -1;
	}
}

static void ask(struct midair_check *check, const struct check_order *order)
{
	for (size_t i = 0; i < order->n_servers; i++) {
		struct check_config settings = {
			.server = order->servers[i],
			.timeout_ms = order->timeout_ms,
			.extent = order->extent,
		};
		struct check_family *family;

		endpoint_unmap(&settings.server);
		family = &check->families[settings.server.family == MIDAIR_IPV6 ? 1 : 0];
		if (family->is_asked || (order->source.family != MIDAIR_FAMILY_NONE &&
					 order->source.family != settings.server.family))
			continue;
		family->is_asked = true;
		family->source = order->source;
		check_init(&family->check, &settings, check->begin_ms);
		check_feed(check, family, &(struct check_event){.type = CHECK_BEGIN});
		/* A pairing asks it by itself. */
		if (order->extent == CHECK_ALL)
			check_gateway_ask(check, family);
	}
}

static uint64_t gateway_end_ms(const struct midair_check *check,
			       const struct check_family *family)
{
	uint32_t timeout_ms = family->check.config.timeout_ms;

	return check->begin_ms + (timeout_ms < GATEWAY_MS ? timeout_ms : GATEWAY_MS);
}

/* Where the server has told nothing there is nothing to which the gateway's answer belongs. */
static bool is_gateway_due(const struct midair_check *check, const struct check_family *family)
{
	struct nat_report report;

	return check_gateway_is_waiting(family) &&
	       (!family->check.is_done || check_report(&family->check, &report) == 0) &&
	       check_now_ms() < gateway_end_ms(check, family);
}

static bool is_waiting_for_gateway(const struct midair_check *check)
{
	return is_gateway_due(check, &check->families[0]) ||
	       is_gateway_due(check, &check->families[1]);
}

static bool is_done(const struct midair_check *check)
{
	for (int f = 0; f < 2; f++)
		if (check->families[f].is_asked && !check->families[f].check.is_done)
			return false;
	return !is_waiting_for_gateway(check);
}

static int arm(struct midair_check *check)
{
	uint64_t earliest_ms = UINT64_MAX;

	for (int f = 0; f < 2; f++) {
		const struct check_family *family = &check->families[f];
		uint64_t deadline_ms =
			family->is_asked ? check_deadline_ms(&family->check) : UINT64_MAX;

		if (deadline_ms == UINT64_MAX && is_gateway_due(check, family))
			deadline_ms = gateway_end_ms(check, family);
		if (deadline_ms < earliest_ms)
			earliest_ms = deadline_ms;
	}
	/* Nothing to wait for: readable at once. */
	if (is_done(check))
		earliest_ms = 0;
	return loop_arm_monotonic(
		&check->loop, earliest_ms == UINT64_MAX ? UINT64_MAX : earliest_ms * NS_PER_MS);
}

static void finish(struct midair_check *check)
{
	if (check->end_ms == 0)
		check->end_ms = check_now_ms();
	for (int f = 0; f < 2; f++) {
		check_close(check, &check->families[f]);
		check_gateway_end(check, &check->families[f]);
	}
}

int check_open(struct midair_check **check, const struct check_order *order)
{
	struct midair_check *made = calloc(1, sizeof(*made));
	int result;

	if (!made)
		return -ENOMEM;
	blank(made);
	result = loop_init(&made->loop);
	made->begin_ms = check_now_ms();
	if (result == 0)
		ask(made, order);
	if (result == 0)
		result = arm(made);
	if (result != 0) {
		midair_check_free(made);
		return result;
	}
	*check = made;
	return 0;
}

int midair_check_new(struct midair_check **check, const struct midair_check_config *config)
{
	const struct check_order order = {
		.servers = config->servers,
		.n_servers = config->n_servers,
		.timeout_ms = config->timeout_ms != 0 ? config->timeout_ms : DEFAULT_TIMEOUT_MS,
	};
	int result = check_config_of(config);

	if (result == 0)
		result = check_open(check, &order);
	/* While the first SYNs are on their way. */
	if (result == 0)
		check_host_read(&(*check)->host);
	return result;
}

bool check_known(const struct midair_check *check, uint8_t family, struct nat_report *report)
{
	const struct check_family *asked = &check->families[family == MIDAIR_IPV6 ? 1 : 0];

	return asked->is_asked && check_report(&asked->check, report) == 0;
}

struct midair_check *midair_check_free(struct midair_check *check)
{
	if (check) {
		finish(check);
		loop_deinit(&check->loop);
		free(check);
	}
	return NULL;
}

int midair_check_fd(const struct midair_check *check)
{
	return check->loop.epoll_fd;
}

static void handle(struct midair_check *check, const struct loop_event *event)
{
	uint32_t which = event->tag / N_TAGS;

	if (event->kind == LOOP_DESCRIPTOR && which < 2)
		check_ready(check, &check->families[which], event->tag % N_TAGS);
}

int midair_check_dispatch(struct midair_check *check)
{
	struct loop_event events[LOOP_BATCH];
	int n = loop_collect(&check->loop, events);
	int result;

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++)
		handle(check, &events[i]);
	for (int f = 0; f < 2; f++)
		if (check->families[f].is_asked) {
			check_feed(check, &check->families[f],
				   &(struct check_event){.type = CHECK_TICK});
			check_gateway_step(&check->families[f]);
		}
	if (is_done(check))
		finish(check);
	result = arm(check);
	if (result != 0)
		return result;
	return is_done(check) ? MIDAIR_E_END : 0;
}

int midair_check_run(const struct midair_check_config *config,
		     struct midair_check_report *report)
{
	struct midair_check *check;
	int result = midair_check_new(&check, config);

	if (result != 0)
		return result;
	while (result == 0) {
		struct pollfd one = {.fd = midair_check_fd(check), .events = POLLIN};

		/* The check's timer, armed for its deadline, is in its descriptor. */
		if (poll(&one, 1, TIMEOUT_MAX_MS) < 0 && errno != EINTR)
			result = -errno;
		else
			result = midair_check_dispatch(check);
	}
	if (result == MIDAIR_E_END) {
		midair_check_read(check, report);
		result = 0;
	}
	midair_check_free(check);
	return result;
}
