/* SPDX-License-Identifier: MIT */
/* web_address: the part of URLs that UPnP needs: "http://192.0.2.1:5000/root.xml", the host as an
 * address, never a name. */
#ifndef MIDAIR_CORE_WEB_ADDRESS_H
#define MIDAIR_CORE_WEB_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "midair/midair.h"

#define WEB_PATH_SIZE 128

struct web_address {
	struct midair_endpoint endpoint; /* IPv4 */
	char path[WEB_PATH_SIZE];	 /* from the slash on; printable, without a space */
};

/* False for everything else, and then untouched. */
bool web_address_parse(struct web_address *address, const char *text, size_t size);

/* What a document at base calls text: a whole URL, or a path on the same server. */
bool web_address_resolve(struct web_address *address, const struct web_address *base,
			 const char *text, size_t size);

#endif
