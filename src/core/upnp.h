/* SPDX-License-Identifier: MIT */
/*
 * upnp: what is said to a UPnP Internet Gateway Device. Theory of operation
 *
 * A search by UDP (SSDP) for the device; its answer names a description, which is fetched by HTTP
 * and names a service's type and control address; a port is opened with a call of that service
 * (SOAP, a POST by HTTP). Here are the texts that are sent, and the reading of the search's answer;
 * the two kinds of XML are read by miniupnpc (os/portmap_upnp.c).
 */
#ifndef MIDAIR_CORE_UPNP_H
#define MIDAIR_CORE_UPNP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/web_address.h"

#define UPNP_SEARCH_PORT  1900
#define UPNP_SEARCH_SIZE  256
#define UPNP_REQUEST_SIZE 2048
#define UPNP_SERVICE_SIZE 128

/* What is searched for, by number. */
#define UPNP_N_TARGETS 2

/* The search, to be sent to 239.255.255.250 and to the gateway itself. Returns the length. */
size_t upnp_search(unsigned int target, char text[UPNP_SEARCH_SIZE]);

/* The description's address; false when this is no answer to a search. */
bool upnp_read_search(const char *bytes, size_t size, struct web_address *description);

/* The GET of a description. Returns the length. */
size_t upnp_get(const struct web_address *address, char text[UPNP_REQUEST_SIZE]);

/* A service's type is text from the network: only what can stand in XML and in a header. */
bool upnp_is_connection_service(const char *service);

struct upnp_service {
	struct web_address control;
	char type[UPNP_SERVICE_SIZE];
};

/* The calls. Each returns the length of the whole request. */
size_t upnp_ask_address(const struct upnp_service *service, char text[UPNP_REQUEST_SIZE]);
size_t upnp_add(const struct upnp_service *service, const struct midair_endpoint *local,
		uint16_t external_port, uint32_t lifetime_s, char text[UPNP_REQUEST_SIZE]);
size_t upnp_delete(const struct upnp_service *service, uint16_t external_port,
		   char text[UPNP_REQUEST_SIZE]);

#endif
