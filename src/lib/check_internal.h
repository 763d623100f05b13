/* SPDX-License-Identifier: MIT */
/* check_internal: a check's sockets. check.c is its loop, check_links.c what the pure machine
 * (core/check.h) wants done, check_host.c looks at this host, check_read.c tells. */
#ifndef MIDAIR_LIB_CHECK_INTERNAL_H
#define MIDAIR_LIB_CHECK_INTERNAL_H

#include "core/check.h"
#include "core/mapping.h"
#include "os/loop.h"
#include "os/portmap.h"

struct check_contact {
	int fd;
	bool is_open;
	int failure; /* of a dial that could not even begin: told when it is its turn */
	size_t n_input;
	uint8_t input[WIRE_MESSAGE_MAX];
};

struct check_family {
	bool is_asked;
	struct check check;
	struct check_contact contacts[CHECK_LINKS];
	struct midair_endpoint slots[CHECK_SLOTS]; /* family NONE: no port yet */
	struct midair_endpoint source; /* of all slots, port 0; family NONE: any address */
	int listeners[CHECK_SLOTS];
	struct midair_endpoint gateway; /* family NONE: none, or not asked */
	struct portmap *portmap;
	struct portmap_answer answers[PORTMAP_N_PROTOCOLS];
};

struct midair_check {
	struct loop loop;
	uint64_t begin_ms;
	uint64_t end_ms; /* 0: not yet */
	struct midair_host host;
	struct check_family families[2];
};

uint64_t check_now_ms(void);

/* For a pairing: asks the first server of each family. No look at this host. source: as in a
 * slot's family. Returns 0 or -errno. */
struct check_order {
	const struct midair_endpoint *servers;
	size_t n_servers;
	struct midair_endpoint source;
	enum check_extent extent;
	uint32_t timeout_ms;
};
int check_open(struct midair_check **check, const struct check_order *order);
/* What is known of a family. False: nothing. */
bool check_known(const struct midair_check *check, uint8_t family, struct nat_report *report);

/* Tells the machine, and does what it wants. */
void check_feed(struct midair_check *check, struct check_family *family,
		const struct check_event *event);
/* A descriptor of the family's is ready: tag is a link, or CHECK_LINKS + a slot. */
void check_ready(struct midair_check *check, struct check_family *family, uint32_t tag);
void check_close(struct midair_check *check, struct check_family *family);

/* In the loop: of both families' gateways. */
#define CHECK_GATEWAY_TAG UINT32_MAX

void check_gateway_ask(struct midair_check *check, struct check_family *family);
void check_gateway_step(struct check_family *family);
bool check_gateway_is_waiting(const struct check_family *family);
void check_gateway_end(struct midair_check *check, struct check_family *family);
/* Whether it would open a port that others reach. */
enum mapping_state check_gateway_state(const struct check_family *family,
				       const struct nat_report *report);
void check_gateway_read(struct midair_nat *nat, const struct check_family *family);

void check_host_read(struct midair_host *host);

#endif
