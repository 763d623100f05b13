/* SPDX-License-Identifier: MIT */
/* A router that opens ports when it is asked, played by a real miniupnpd, brings pairs together
 * that nothing else can, and has forgotten them afterwards. */
#include "lab_test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/firewall.h"
#include "lab/namespace.h"
#include "lab/port_mapper.h"
#include "lab/program.h"
#include "lab/runner.h"
#include "os/cleanup.h"
#include "os/clock.h"
#include "os/gateway.h"
#include "os/portmap.h"

#define N_RUNS 3
/* In the host, and how long a SYN to it may take that nobody lets in. */
#define PORT	   40123
#define REFUSAL_MS 300

/* A line of nft's, of a port that leads inside. */
#define REDIRECTION "dnat"
#define PINHOLE	    "accept"

static void expect_runs(struct network *network, const struct scenario *scenario,
			const char *line)
{
	const struct runner_config runs = {
		.scenario = scenario, .n_runs = N_RUNS, .stagger_ns = 5000000};
	struct runner_result *result = NULL;
	struct lab_reason reason;

	if (runner_run(&result, network, &runs, &reason))
		fail_msg("%s: %s", line, reason.text);
	for (uint32_t i = 0; i < result->n_runs; i++) {
		bool is_connected = result->runs[i].outcome == RUN_CONNECTED;
		bool is_expected = scenario->expectation == SCENARIO_CONNECT;

		if (is_connected != is_expected)
			fail_msg("%s: run %u: %s (a: %s, b: %s)", line, i,
				 run_outcome_name(result->runs[i].outcome),
				 midair_result_name(result->runs[i].sides[LAB_A].result),
				 midair_result_name(result->runs[i].sides[LAB_B].result));
	}
	runner_result_free(result);
}

static void expect_nothing_open(const struct network *network, enum lab_side side,
				const char *line)
{
	EXPECT(!lab_test_has_rule(network, side, FIREWALL_REDIRECTIONS, REDIRECTION), line);
	EXPECT(!lab_test_has_rule(network, side, FIREWALL_PINHOLES, PINHOLE), line);
}

static const char *const lines[] = {
	/* nothing else can: random ports on both sides, and nobody gets in unasked */
	"x a=apdm/random/port-mapping b=apdm/random rtt=40ms server=40ms "
	"skew=300ms expect=connect",
	"x a=apdm/random b=apdm/random/port-mapping rtt=40ms server=40ms "
	"skew=300ms expect=connect",
	/* both at once: the port is there when, or after, the server introduces them */
	"x a=apdm/random b=apdm/random/port-mapping rtt=40ms server=1ms expect=connect",
	"x a=apdm/random/rst/port-mapping b=apdm/random/rst rtt=40ms server=40ms "
	"skew=300ms expect=connect",
	"x a=apdm/random/port-mapping b=apdm/random/port-mapping rtt=40ms server=40ms "
	"skew=300ms expect=connect",
	"x a=apdm/random b=apdm/random rtt=40ms server=40ms skew=300ms "
	"timeout=3s expect=timeout",
	/* a mapping leads to a listener, and here is none */
	"x a=apdm/random/port-mapping b=apdm/random rtt=40ms server=40ms "
	"flags=no-listen skew=300ms timeout=3s expect=timeout",
	/* no translation: the gateway's filter is opened */
	"x a=firewall/port-mapping b=firewall family=ipv6 rtt=40ms server=40ms "
	"skew=300ms expect=connect",
};

static void a_router_that_opens_ports_connects_what_nothing_else_can(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(lines); i++) {
		struct scenario scenario;
		struct network_config config = {.scenario = &scenario, .seed = 1};
		struct network *network;
		struct lab_reason reason;

		EXPECT(scenario_parse(&scenario, lines[i], NULL) == 0, lines[i]);
		if (network_new(&network, &config, &reason))
			fail_msg("%s: %s", lines[i], reason.text);
		expect_runs(network, &scenario, lines[i]);
		for (int side = LAB_A; side <= LAB_B; side++)
			if (network_plan_of(network)->sides[side].opens_ports)
				expect_nothing_open(network, (enum lab_side)side, lines[i]);
		network_free(network);
	}
}

static const struct way {
	const char *name;
	enum portmap_protocol protocol;
	enum midair_family family;
	const char *chain;
	const char *rule;
} ways[] = {
	{"PCP", PORTMAP_PCP, MIDAIR_IPV4, FIREWALL_REDIRECTIONS, REDIRECTION},
	{"NAT-PMP", PORTMAP_NAT_PMP, MIDAIR_IPV4, FIREWALL_REDIRECTIONS, REDIRECTION},
	{"UPnP-IGD", PORTMAP_UPNP, MIDAIR_IPV4, FIREWALL_REDIRECTIONS, REDIRECTION},
	{"a pinhole by PCP", PORTMAP_PCP, MIDAIR_IPV6, FIREWALL_PINHOLES, PINHOLE},
};

static void settle(struct portmap *portmap)
{
	uint64_t end_ns = clock_now_ns() + UINT64_C(8000000000);

	while (!portmap_is_settled(portmap)) {
		assert_true(clock_now_ns() < end_ns);
		lab_test_readable(portmap_fd(portmap), 1000);
		portmap_dispatch(portmap);
	}
}

/* In host a: what the gateway speaks, or one port by one protocol alone. */
static struct portmap *ask_gateway(const struct network *network, const struct way *way,
				   uint16_t port)
{
	struct portmap_config config = {.port = port};
	_cleanup_close_ int home = namespace_current();
	struct portmap *portmap = NULL;

	if (way != NULL)
		config.without = ~(1u << way->protocol);
	assert_int_equal(namespace_enter(network_host_namespace(network, LAB_A)), 0);
	assert_int_equal(gateway_find(way != NULL ? way->family : MIDAIR_IPV4, &config.gateway),
			 0);
	assert_int_equal(portmap_new(&portmap, &config), 0);
	settle(portmap);
	assert_int_equal(namespace_enter(home), 0);
	return portmap;
}

/* Host b has never been spoken to. */
static void dial_from_outside(const struct network *network, const struct midair_endpoint *to,
			      int expected, const char *name)
{
	_cleanup_close_ int listener =
		lab_test_socket(network, LAB_A, to->family, SOCK_STREAM, PORT);
	_cleanup_close_ int fd = lab_test_socket(network, LAB_B, to->family, SOCK_STREAM, 0);

	assert_int_equal(listen(listener, 1), 0);
	lab_test_dial(fd, to);
	EXPECT(lab_test_outcome(fd, REFUSAL_MS) == expected, name);
}

static void try_way(const struct network *network, const struct way *way)
{
	const struct plan_side *side = &network_plan_of(network)->sides[LAB_A];
	struct midair_endpoint expected =
		way->family == MIDAIR_IPV6 ? side->host.ipv6 : side->published.ipv4;
	struct portmap *portmap = ask_gateway(network, way, PORT);
	const struct midair_endpoint *external = portmap_external(portmap);

	EXPECT(external != NULL, way->name);
	expected.port = external->port;
	EXPECT(midair_endpoint_equal(external, &expected), way->name);
	EXPECT(lab_test_has_rule(network, LAB_A, way->chain, way->rule), way->name);
	dial_from_outside(network, &expected, 0, way->name);
	assert_int_equal(namespace_enter(network_host_namespace(network, LAB_A)), 0);
	portmap_free(portmap, 2000);
	EXPECT(!lab_test_has_rule(network, LAB_A, way->chain, way->rule), way->name);
	dial_from_outside(network, &expected, -EINPROGRESS, way->name);
}

static void each_protocol_opens_a_port_and_closes_it(void **state)
{
	_cleanup_close_ int home = namespace_current();

	(void)state;
	for (size_t i = 0; i < N_ITEMS(ways); i++) {
		struct network *network = lab_test_network(
			ways[i].family == MIDAIR_IPV6
				? "a=firewall/port-mapping b=public family=ipv6 rtt=20ms"
				: "a=apdm/random/port-mapping b=public rtt=20ms");

		try_way(network, &ways[i]);
		assert_int_equal(namespace_enter(home), 0);
		network_free(network);
	}
}

static void a_router_is_asked_what_it_speaks_and_opens_nothing(void **state)
{
	struct network *network = lab_test_network("a=apdm/random/port-mapping b=public");
	struct midair_endpoint published =
		network_plan_of(network)->sides[LAB_A].published.ipv4;
	struct portmap *portmap = ask_gateway(network, NULL, 0);
	struct portmap_answer answers[PORTMAP_N_PROTOCOLS];

	(void)state;
	portmap_read(portmap, answers);
	for (int i = 0; i < PORTMAP_N_PROTOCOLS; i++)
		assert_int_equal(answers[i].speaks, MIDAIR_YES);
	assert_true(midair_endpoint_equal(&answers[PORTMAP_NAT_PMP].external, &published));
	assert_true(midair_endpoint_equal(&answers[PORTMAP_UPNP].external, &published));
	assert_null(portmap_external(portmap));
	assert_false(lab_test_has_rule(network, LAB_A, FIREWALL_REDIRECTIONS, REDIRECTION));
	portmap_free(portmap, 0);
	network_free(network);
}

static int group(void *context)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_protocol_opens_a_port_and_closes_it),
		cmocka_unit_test(a_router_is_asked_what_it_speaks_and_opens_nothing),
		cmocka_unit_test(a_router_that_opens_ports_connects_what_nothing_else_can),
	};

	(void)context;
	return cmocka_run_group_tests_name("portmap", tests, NULL, NULL);
}

int main(void)
{
	if (!port_mapper_is_there())
		return lab_test_skip("miniupnpd is missing: apt install miniupnpd-nftables");
	return lab_test_main(group);
}
