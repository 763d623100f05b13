/* SPDX-License-Identifier: MIT */
/*
 * UPnP-IGD. Theory of operation
 *
 *	SEARCH -> DESCRIPTION -> ADDRESS -> IDLE -> ADD -> IDLE -> DELETE
 *
 * Each step but the first is one HTTP connection (os/portmap_http.h). miniupnpc reads the XML and
 * no more: its own transport blocks, follows whatever address it is told, and reads answers
 * without end. Only the gateway itself is spoken to: a search's answer from elsewhere, or a
 * description or service elsewhere, is not taken.
 */
#include <errno.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpreplyparse.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "core/upnp.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/portmap_http.h"
#include "os/portmap_internal.h"
#include "os/portmap_search.h"

#define MS_NS UINT64_C(1000000)
/* A search is said again after this, doubled each time: UDP loses. */
#define AGAIN_NS (500 * MS_NS)
/* Answers read in one go; more come with the next dispatch. */
#define READ_BATCH 8
/* Another one has the outer port: so many others are tried. */
#define PORTS_TRIED 4
/* ConflictInMappingEntry. */
#define ERROR_CONFLICT 718

enum step { STEP_SEARCH, STEP_DESCRIPTION, STEP_ADDRESS, STEP_IDLE, STEP_ADD, STEP_DELETE };

struct upnp {
	enum step step;
	int search_fd;
	uint64_t pause_ns;
	struct portmap_http http;
	struct web_address description;
	struct upnp_service service;
	struct midair_endpoint external; /* the port is the one that is asked for */
	unsigned int n_tried;
	uint32_t lifetime_s;
};

static struct upnp *upnp_of(const struct portmap *portmap)
{
	return portmap->lanes[PORTMAP_UPNP].context;
}

static void search(struct portmap *portmap)
{
	struct upnp *upnp = upnp_of(portmap);

	portmap_search_send(upnp->search_fd, &portmap->gateway);
	portmap->lanes[PORTMAP_UPNP].again_ns = clock_now_ns() + upnp->pause_ns;
	upnp->pause_ns *= 2;
}

static int upnp_ask(struct portmap *portmap)
{
	struct upnp *upnp = calloc(1, sizeof(*upnp));
	int result;

	if (upnp == NULL)
		return -ENOMEM;
	portmap->lanes[PORTMAP_UPNP].context = upnp;
	upnp->http.fd = -1;
	upnp->pause_ns = AGAIN_NS;
	upnp->search_fd = portmap_search_open(&portmap->local);
	if (upnp->search_fd < 0)
		return upnp->search_fd;
	result = loop_watch_input(&portmap->loop, upnp->search_fd, PORTMAP_UPNP);
	if (result == 0)
		search(portmap);
	return result;
}

static bool is_gateway(const struct portmap *portmap, const struct midair_endpoint *endpoint)
{
	struct midair_endpoint address = *endpoint;

	address.port = 0;
	return midair_endpoint_equal(&address, &portmap->gateway);
}

/* text: what is to be sent to the endpoint. */
static void request(struct portmap *portmap, enum step step,
		    const struct midair_endpoint *remote, size_t size)
{
	struct upnp *upnp = upnp_of(portmap);
	int result = size == 0
			     ? -EMSGSIZE
			     : portmap_http_start(&upnp->http, &portmap->loop,
						  PORTMAP_SECOND + PORTMAP_UPNP, remote, size);

	upnp->step = step;
	if (result != 0)
		portmap_ended(portmap, PORTMAP_UPNP);
}

static void get_description(struct portmap *portmap)
{
	struct upnp *upnp = upnp_of(portmap);

	portmap->lanes[PORTMAP_UPNP].again_ns = PORTMAP_NEVER;
	loop_forget(&portmap->loop, upnp->search_fd);
	upnp->search_fd = close_fd(upnp->search_fd);
	request(portmap, STEP_DESCRIPTION, &upnp->description.endpoint,
		upnp_get(&upnp->description, upnp->http.request));
}

static void read_search(struct portmap *portmap)
{
	struct upnp *upnp = upnp_of(portmap);

	for (int i = 0; i < READ_BATCH; i++) {
		char bytes[PORTMAP_SEARCH_ANSWER_SIZE];
		struct midair_endpoint from;
		ssize_t n = portmap_search_receive(upnp->search_fd, bytes, &from);

		if (n < 0)
			return;
		if (upnp->step == STEP_SEARCH && is_gateway(portmap, &from) &&
		    upnp_read_search(bytes, (size_t)n, &upnp->description) &&
		    is_gateway(portmap, &upnp->description.endpoint)) {
			get_description(portmap);
			return;
		}
	}
}

static bool use_service(struct portmap *portmap, const struct web_address *base,
			const struct IGDdatas_service *found)
{
	struct upnp_service *service = &upnp_of(portmap)->service;

	if (!upnp_is_connection_service(found->servicetype) ||
	    !web_address_resolve(&service->control, base, found->controlurl,
				 strnlen(found->controlurl, sizeof(found->controlurl))) ||
	    !is_gateway(portmap, &service->control.endpoint))
		return false;
	memcpy(service->type, found->servicetype, sizeof(service->type));
	return true;
}

/* URLBase is of UPnP 1.0; without it the description's own address counts. */
static bool read_description(struct portmap *portmap, const char *body, size_t size)
{
	struct web_address base = upnp_of(portmap)->description;
	struct IGDdatas data = {0};

	parserootdesc(body, (int)size, &data);
	(void)web_address_parse(&base, data.urlbase,
				strnlen(data.urlbase, sizeof(data.urlbase)));
	return use_service(portmap, &base, &data.first) ||
	       use_service(portmap, &base, &data.second);
}

static void ask_address(struct portmap *portmap)
{
	struct upnp *upnp = upnp_of(portmap);

	request(portmap, STEP_ADDRESS, &upnp->service.control.endpoint,
		upnp_ask_address(&upnp->service, upnp->http.request));
}

static bool read_value(const char *body, size_t size, const char *name, char value[128])
{
	struct NameValueParserData data = {0};
	const char *found;

	ParseNameValue(body, (int)size, &data);
	found = GetValueFromNameValueList(&data, name);
	value[0] = '\0';
	if (found != NULL)
		strncpy(value, found, 127);
	value[127] = '\0';
	ClearNameValueList(&data);
	return found != NULL;
}

static bool read_external(struct midair_endpoint *external, const char *body, size_t size)
{
	char text[128 + sizeof(":1")];
	struct midair_endpoint parsed;

	if (!read_value(body, size, "NewExternalIPAddress", text))
		return false;
	memcpy(text + strlen(text), ":1", sizeof(":1"));
	if (midair_endpoint_parse(&parsed, text) != 0 || parsed.family != MIDAIR_IPV4)
		return false;
	*external = parsed;
	external->port = 0;
	return true;
}

static void add(struct portmap *portmap)
{
	struct upnp *upnp = upnp_of(portmap);

	request(portmap, STEP_ADD, &upnp->service.control.endpoint,
		upnp_add(&upnp->service, &portmap->local, upnp->external.port, upnp->lifetime_s,
			 upnp->http.request));
}

static int upnp_map(struct portmap *portmap, uint32_t lifetime_s)
{
	struct upnp *upnp = upnp_of(portmap);

	portmap_http_stop(&upnp->http, &portmap->loop);
	upnp->lifetime_s = lifetime_s;
	upnp->n_tried = 0;
	if (upnp->external.port == 0)
		upnp->external.port = portmap->local.port;
	if (lifetime_s != 0)
		add(portmap);
	else
		request(portmap, STEP_DELETE, &upnp->service.control.endpoint,
			upnp_delete(&upnp->service, upnp->external.port, upnp->http.request));
	return 0;
}

static void is_added(struct portmap *portmap)
{
	struct upnp *upnp = upnp_of(portmap);
	const struct mapping_grant grant = {
		.external = upnp->external,
		.port = portmap->local.port,
		.lifetime_s = upnp->lifetime_s,
	};

	upnp->step = STEP_IDLE;
	portmap_granted(portmap, PORTMAP_UPNP, &grant);
}

static void is_not_added(struct portmap *portmap, const char *body, size_t size)
{
	struct upnp *upnp = upnp_of(portmap);
	char text[128];
	bool is_conflict = read_value(body, size, "errorCode", text) &&
			   strtol(text, NULL, 10) == ERROR_CONFLICT;

	/* What is held already is not given up for another one. */
	if (!is_conflict || upnp->n_tried == PORTS_TRIED ||
	    portmap->lanes[PORTMAP_UPNP].state != LANE_MAPPING) {
		portmap_ended(portmap, PORTMAP_UPNP);
		return;
	}
	upnp->n_tried++;
	upnp->external.port = (uint16_t)(49152 + entropy_seed() % 16384);
	add(portmap);
}

static void has_address(struct portmap *portmap, const char *body, size_t size)
{
	struct upnp *upnp = upnp_of(portmap);

	upnp->step = STEP_IDLE;
	if (read_external(&upnp->external, body, size))
		portmap_speaks(portmap, PORTMAP_UPNP, &upnp->external);
	else
		portmap_ended(portmap, PORTMAP_UPNP);
}

/* body has bytes after its end that may be read. */
static void take(struct portmap *portmap, int status, const char *body, size_t size)
{
	bool is_good = status == 200;

	switch (upnp_of(portmap)->step) {
	case STEP_DESCRIPTION:
		if (is_good && read_description(portmap, body, size))
			ask_address(portmap);
		else
			portmap_ended(portmap, PORTMAP_UPNP);
		break;
	case STEP_ADDRESS:
		has_address(portmap, body, is_good ? size : 0);
		break;
	case STEP_ADD:
		if (is_good)
			is_added(portmap);
		else
			is_not_added(portmap, body, size);
		break;
	case STEP_DELETE:
		portmap_ended(portmap, PORTMAP_UPNP);
		break;
	case STEP_SEARCH:
	case STEP_IDLE:
		break;
	}
}

static void step_http(struct portmap *portmap)
{
	struct upnp *upnp = upnp_of(portmap);
	struct http_answer answer;
	char *body;

	switch (portmap_http_step(&upnp->http, &portmap->loop, &answer)) {
	case HTTP_ANSWER_PARTIAL:
		break;
	case HTTP_ANSWER_BAD:
		portmap_ended(portmap, PORTMAP_UPNP);
		break;
	case HTTP_ANSWER_WHOLE:
		/* A copy: the next request may overwrite the buffer while it is read. */
		body = calloc(1, answer.n_body + PORTMAP_HTTP_SLACK);
		if (body != NULL) {
			memcpy(body, upnp->http.input + answer.body, answer.n_body);
			take(portmap, answer.status, body, answer.n_body);
			free(body);
		}
		break;
	}
}

static void upnp_on_ready(struct portmap *portmap, bool is_second)
{
	if (!is_second && upnp_of(portmap)->search_fd >= 0)
		read_search(portmap);
	if (is_second && upnp_of(portmap)->http.fd >= 0)
		step_http(portmap);
}

static void upnp_close(struct portmap *portmap)
{
	struct upnp *upnp = upnp_of(portmap);

	portmap_http_stop(&upnp->http, &portmap->loop);
	loop_forget(&portmap->loop, upnp->search_fd);
	close_fd(upnp->search_fd);
	free(upnp);
}

static const struct portmap_driver driver = {
	.ask = upnp_ask,
	.map = upnp_map,
	.on_ready = upnp_on_ready,
	.say_again = search,
	.close = upnp_close,
};

const struct portmap_driver *const portmap_upnp = &driver;

const char *portmap_upnp_feature(void)
{
	return "miniupnpc";
}
