/* SPDX-License-Identifier: MIT */
/* A gateway that lies or hangs costs its deadline and no more; one that lies in one protocol does
 * not spoil the others. */
#include "lab_test.h"

#include <string.h>

#include "lab/link.h"
#include "lab/namespace.h"
#include "lab/program.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/portmap.h"
#include "router_liar.h"

#define MS_NS	   UINT64_C(1000000)
#define OUR_PORT   40123
#define STARTED_MS 10000
/* The question and up to three ports, each with its patience, and what a busy machine adds. */
#define ALL_MS	   (4 * PORTMAP_PATIENCE_MS + 1000)
#define CLOSE_MS   500
#define N_ANY_PORT 0

static const struct row {
	const char *name;
	struct liar_config liar;
	int winner; /* of enum portmap_protocol; -1: none */
	uint32_t within_ms;
} rows[] = {
	{"all honest", {LIAR_HONEST, LIAR_HONEST, LIAR_WEB_HONEST}, PORTMAP_PCP, 1000},
	{"nobody there", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_NONE}, -1, 3000},
	{"silence", {LIAR_SILENT, LIAR_SILENT, LIAR_WEB_NONE}, -1, 3000},
	{"NAT-PMP alone", {LIAR_SILENT, LIAR_HONEST, LIAR_WEB_NONE}, PORTMAP_NAT_PMP, 3000},
	{"UPnP alone", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_HONEST}, PORTMAP_UPNP, 3000},
	{"chunks", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_CHUNKED}, PORTMAP_UPNP, 3000},

	{"PCP: private", {LIAR_PRIVATE, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"PCP: multicast", {LIAR_MULTICAST, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"PCP: lifetime 0", {LIAR_NO_LIFETIME, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"PCP: one second", {LIAR_SHORT, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"PCP: outer port 0", {LIAR_NO_PORT, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"PCP: another port of ours",
	 {LIAR_OTHER_PORT, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP},
	 -1,
	 ALL_MS},
	{"PCP: another nonce",
	 {LIAR_OTHER_NONCE, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP},
	 -1,
	 ALL_MS},
	{"PCP: half an answer", {LIAR_CUT, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"PCP: noise", {LIAR_NOISE, LIAR_UNSPOKEN, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"PCP hangs, NAT-PMP is honest",
	 {LIAR_HANGS_LATER, LIAR_HONEST, LIAR_WEB_NOT_HTTP},
	 PORTMAP_NAT_PMP,
	 ALL_MS},
	{"PCP refuses, UPnP is honest",
	 {LIAR_REFUSES, LIAR_UNSPOKEN, LIAR_WEB_HONEST},
	 PORTMAP_UPNP,
	 ALL_MS},

	{"NAT-PMP: private", {LIAR_UNSPOKEN, LIAR_PRIVATE, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"NAT-PMP: lifetime 0",
	 {LIAR_UNSPOKEN, LIAR_NO_LIFETIME, LIAR_WEB_NOT_HTTP},
	 -1,
	 ALL_MS},
	{"NAT-PMP: outer port 0", {LIAR_UNSPOKEN, LIAR_NO_PORT, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"NAT-PMP: another port",
	 {LIAR_UNSPOKEN, LIAR_OTHER_PORT, LIAR_WEB_NOT_HTTP},
	 -1,
	 ALL_MS},
	{"NAT-PMP: refuses", {LIAR_UNSPOKEN, LIAR_REFUSES, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"NAT-PMP: half an answer", {LIAR_UNSPOKEN, LIAR_CUT, LIAR_WEB_NOT_HTTP}, -1, ALL_MS},
	{"NAT-PMP: noise, PCP is honest",
	 {LIAR_HONEST, LIAR_NOISE, LIAR_WEB_NOT_HTTP},
	 PORTMAP_PCP,
	 1000},

	{"UPnP: description elsewhere",
	 {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_ELSEWHERE},
	 -1,
	 3000},
	{"UPnP: service elsewhere",
	 {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_SERVICE_ELSEWHERE},
	 -1,
	 3000},
	{"UPnP: connection refused",
	 {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_REFUSES_CONNECTION},
	 -1,
	 3000},
	{"UPnP: hangs", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_HANGS}, -1, 3000},
	{"UPnP: drips", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_DRIPS}, -1, 3000},
	{"UPnP: no end", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_ENDLESS}, -1, 3000},
	{"UPnP: broken XML", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_BROKEN_XML}, -1, 3000},
	{"UPnP: deep XML", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_DEEP_XML}, -1, 3000},
	{"UPnP: long names", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_LONG_NAMES}, -1, 3000},
	{"UPnP: not HTTP", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_NOT_HTTP}, -1, 3000},
	{"UPnP: huge length", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_HUGE_LENGTH}, -1, 3000},
	{"UPnP: private", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_PRIVATE}, -1, 3000},
	{"UPnP: a name as address", {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_NO_ADDRESS}, -1, 3000},
	{"UPnP: for ever or not at all",
	 {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_PERMANENT_ONLY},
	 -1,
	 ALL_MS},
	{"UPnP: ports are taken",
	 {LIAR_CLOSED, LIAR_CLOSED, LIAR_WEB_CONFLICT},
	 PORTMAP_UPNP,
	 3000},
	{"UPnP hangs, PCP is honest",
	 {LIAR_HONEST, LIAR_CLOSED, LIAR_WEB_HANGS},
	 PORTMAP_PCP,
	 1000},
};

static struct program *start_liar(const struct row *row)
{
	struct liar_config liar = row->liar;
	const struct program_config config = {
		.namespace_fd = -1, .function = liar_main, .context = &liar};
	struct program *program;
	struct lab_reason reason;

	if (program_start(&program, &config, &reason))
		fail_msg("%s", reason.text);
	EXPECT(program_wait_text(program, PROGRAM_OUTPUT, "ready", STARTED_MS) == 0, row->name);
	return program;
}

static void settle(struct portmap *portmap, const struct row *row)
{
	uint64_t end_ns = clock_now_ns() + row->within_ms * MS_NS;

	while (row->winner < 0 ? !portmap_is_settled(portmap)
			       : portmap_external(portmap) == NULL) {
		EXPECT(clock_now_ns() < end_ns, row->name);
		lab_test_readable(portmap_fd(portmap), 100);
		portmap_dispatch(portmap);
	}
}

static void expect_public(const struct portmap *portmap, const struct row *row)
{
	static const uint8_t address[4] = {4, 5, 6, 7};
	const struct midair_endpoint *external = portmap_external(portmap);
	struct portmap_answer answers[PORTMAP_N_PROTOCOLS];

	portmap_read(portmap, answers);
	EXPECT(answers[row->winner].speaks == MIDAIR_YES, row->name);
	EXPECT(external->family == MIDAIR_IPV4 && external->port != N_ANY_PORT, row->name);
	EXPECT(memcmp(external->address, address, sizeof(address)) == 0, row->name);
}

static void play(const struct row *row)
{
	const struct portmap_config config = {
		.gateway = {.family = MIDAIR_IPV4, .address = {127, 0, 0, 1}},
		.port = OUR_PORT,
	};
	struct program *liar = start_liar(row);
	struct portmap *portmap;
	uint64_t before_ns;

	assert_int_equal(portmap_new(&portmap, &config), 0);
	settle(portmap, row);
	if (row->winner >= 0)
		expect_public(portmap, row);
	else
		EXPECT(portmap_external(portmap) == NULL, row->name);
	before_ns = clock_now_ns();
	portmap_free(portmap, CLOSE_MS);
	EXPECT(clock_now_ns() - before_ns < 2 * CLOSE_MS * MS_NS, row->name);
	program_free(liar);
}

static void a_lie_costs_its_deadline_and_no_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		play(&rows[i]);
}

/* The gateway granted, and was unplugged: giving the port back takes its patience, not longer. */
static void a_gateway_that_is_gone_holds_nobody_up(void **state)
{
	const struct row honest = {
		"gone", {LIAR_HONEST, LIAR_CLOSED, LIAR_WEB_NONE}, PORTMAP_PCP, 1000};
	const struct portmap_config config = {
		.gateway = {.family = MIDAIR_IPV4, .address = {127, 0, 0, 1}},
		.port = OUR_PORT,
	};
	struct program *liar = start_liar(&honest);
	struct portmap *portmap;
	uint64_t before_ns;

	(void)state;
	assert_int_equal(portmap_new(&portmap, &config), 0);
	settle(portmap, &honest);
	program_free(liar);
	before_ns = clock_now_ns();
	portmap_free(portmap, CLOSE_MS);
	assert_true(clock_now_ns() - before_ns < 2 * CLOSE_MS * MS_NS);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lie_costs_its_deadline_and_no_more),
		cmocka_unit_test(a_gateway_that_is_gone_holds_nobody_up),
	};
	_cleanup_close_ int home = namespace_current();
	struct lab_reason reason;
	int fd = namespace_new(&reason);
	int n_failures;

	(void)context;
	/* A namespace with a loopback of its own, whose ports are free. */
	if (fd < 0 || namespace_enter(fd) < 0 || link_up("lo", 0, &reason))
		return 1;
	n_failures = cmocka_run_group_tests_name("portmap_lies", tests, NULL, NULL);
	namespace_enter(home);
	close_fd(fd);
	return n_failures;
}

int main(void)
{
	return lab_test_main(group);
}
