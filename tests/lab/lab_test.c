/* SPDX-License-Identifier: MIT */
#include "lab_test.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/firewall.h"
#include "lab/namespace.h"
#include "lab/program.h"
#include "os/cleanup.h"

#define NOBODY	  65534
#define EXIT_SKIP 77
/* ctest's own limit is less. */
#define ALL_AT_ONCE_MS 600000
#define NFT_MS	       10000

struct entry {
	int (*group)(void *context);
};

int lab_test_skip(const char *reason)
{
	const char *required = getenv("LAB_REQUIRED");

	fprintf(stderr, "the lab cannot run here: %s\n", reason);
	return required && strcmp(required, "1") == 0 ? 1 : EXIT_SKIP;
}

void lab_test_drop_root(void)
{
	if (geteuid() != 0 || getenv("LAB_KEEP_USER"))
		return;
	if (setgroups(0, NULL) < 0 || setgid(NOBODY) < 0 || setuid(NOBODY) < 0) {
		perror("cannot become nobody");
		exit(1);
	}
	/* The change made /proc/self root's, and the user namespace's maps are written there. */
	prctl(PR_SET_DUMPABLE, 1);
}

/* Everything that a test may need: namespaces, veth, nft with NAT. */
static int try_network(struct lab_reason *reason)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario};
	struct network *network;

	if (scenario_parse(&scenario, "try a=rst expect=connect", NULL))
		return lab_fail(reason, 0, "the scenario is wrong");
	if (network_new(&network, &config, reason))
		return -1;
	network_free(network);
	return 0;
}

static int inside(void *context)
{
	const struct entry *entry = context;
	struct lab_reason reason;
	int n_failures;

	if (try_network(&reason))
		return lab_test_skip(reason.text);
	n_failures = entry->group(NULL);
	return n_failures > 0 ? 1 : 0;
}

int lab_test_main(int (*group)(void *context))
{
	struct entry entry = {.group = group};
	struct lab_reason reason;
	int status;

	lab_test_drop_root();
	status = namespace_run(inside, &entry, &reason);
	return status < 0 ? lab_test_skip(reason.text) : status;
}

static int run_one(void *context)
{
	const struct CMUnitTest *test = context;

	return _cmocka_run_group_tests(test->name, test, 1, NULL, NULL);
}

size_t lab_test_all_at_once(const struct CMUnitTest *tests, size_t n_tests)
{
	pid_t *pids = calloc(n_tests, sizeof(*pids));
	size_t n_failures = 0;

	if (!pids)
		return n_tests;
	for (size_t i = 0; i < n_tests; i++)
		pids[i] = namespace_spawn(-1, run_one, (void *)(uintptr_t)&tests[i]);
	for (size_t i = 0; i < n_tests; i++)
		if (pids[i] < 0 || namespace_wait(pids[i], ALL_AT_ONCE_MS) != 0)
			n_failures++;
	free(pids);
	return n_failures;
}

struct network *lab_test_network(const char *line)
{
	return lab_test_layout(line, NETWORK_APART);
}

struct network *lab_test_layout(const char *line, enum network_layout layout)
{
	struct scenario scenario;
	struct network_config config = {.scenario = &scenario, .seed = 1, .layout = layout};
	struct network *network = NULL;
	struct lab_reason reason = {{0}};
	char text[SCENARIO_LINE_SIZE];

	snprintf(text, sizeof(text), "test %s expect=connect", line);
	if (scenario_parse(&scenario, text, NULL))
		fail_msg("not a scenario: %s", text);
	if (network_new(&network, &config, &reason))
		fail_msg("%s: %s", text, reason.text);
	return network;
}

static struct midair_endpoint host_address(const struct network *network, enum lab_side side,
					   enum midair_family family)
{
	const struct plan_side *plan = &network_plan_of(network)->sides[side];

	return family == MIDAIR_IPV6 ? plan->host.ipv6 : plan->host.ipv4;
}

int lab_test_socket(const struct network *network, enum lab_side side,
		    enum midair_family family, int type, uint16_t port)
{
	_cleanup_close_ int home = namespace_current();
	struct midair_endpoint local = host_address(network, side, family);
	struct sockaddr_storage address;
	const int on = 1;
	socklen_t length;
	int fd;

	assert_true(home >= 0);
	assert_int_equal(namespace_enter(network_host_namespace(network, side)), 0);
	fd = socket(family == MIDAIR_IPV6 ? AF_INET6 : AF_INET,
		    type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_int_equal(namespace_enter(home), 0);
	assert_true(fd >= 0);
	local.port = port;
	length = (socklen_t)midair_endpoint_to_sockaddr(&local, &address);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	return fd;
}

struct midair_endpoint lab_test_peer(const struct network *network, enum lab_side side,
				     enum midair_family family, uint16_t port)
{
	struct midair_endpoint peer = network_plan_peer(network_plan_of(network), side, family);

	peer.port = port;
	return peer;
}

void lab_test_dial(int fd, const struct midair_endpoint *remote)
{
	struct sockaddr_storage address;
	socklen_t length = (socklen_t)midair_endpoint_to_sockaddr(remote, &address);

	if (connect(fd, (struct sockaddr *)&address, length) < 0)
		assert_int_equal(errno, EINPROGRESS);
}

int lab_test_outcome(int fd, int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLOUT};
	socklen_t length = sizeof(int);
	int error = 0;

	if (poll(&ready, 1, timeout_ms) < 1)
		return -EINPROGRESS;
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
	return -error;
}

bool lab_test_readable(int fd, int timeout_ms)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	return poll(&ready, 1, timeout_ms) == 1;
}

bool lab_test_has_rule(const struct network *network, enum lab_side side, const char *chain,
		       const char *text)
{
	const char *const arguments[] = {"nft",		 "list", "chain", "inet",
					 FIREWALL_TABLE, chain,	 NULL};
	_cleanup_close_ int executable_fd = program_open("/usr/sbin/nft");
	const struct program_config config = {
		.namespace_fd = network_box_namespace(network, side),
		.executable_fd = executable_fd,
		.arguments = arguments,
	};
	struct program *program;
	struct lab_reason reason;
	bool has;

	assert_true(executable_fd >= 0);
	if (program_start(&program, &config, &reason))
		fail_msg("%s", reason.text);
	assert_int_equal(program_wait(program, NFT_MS), 0);
	has = strstr(program_text(program, PROGRAM_OUTPUT), text) != NULL;
	program_free(program);
	return has;
}
