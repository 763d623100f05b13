/* SPDX-License-Identifier: MIT */
#include "lab/shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/endpoint.h"
#include "lab/namespace.h"

struct shell {
	const struct network *network;
	const struct shell_config *config;
};

static enum lab_side other_side(enum lab_side side)
{
	return side == LAB_A ? LAB_B : LAB_A;
}

static void set_address(const char *name, const struct midair_endpoint *endpoint)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	char bracketed[MIDAIR_ENDPOINT_TEXT_SIZE + 2];

	endpoint_format_address(endpoint, text);
	snprintf(bracketed, sizeof(bracketed), endpoint->family == MIDAIR_IPV6 ? "[%s]" : "%s",
		 text);
	setenv(name, bracketed, 1);
}

/* Our descriptors are reachable as process 1's, which is what nsenter(1) needs. */
static void set_way_into(const char *name, int namespace_fd)
{
	char text[64];

	unsetenv(name);
	if (namespace_fd < 0 || !namespace_has_proc())
		return;
	snprintf(text, sizeof(text), "nsenter --net=/proc/%d/fd/%d --", (int)getpid(),
		 namespace_fd);
	setenv(name, text, 1);
}

/* The command that is running may not be installed: its own folder comes first. */
static void set_path(void)
{
	const char *path = getenv("PATH");
	char self[512], joined[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length <= 0)
		return;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return;
	*slash = '\0';
	if (snprintf(joined, sizeof(joined), "%s:%s", self,
		     path ? path : "/usr/sbin:/usr/bin:/sbin:/bin") < (int)sizeof(joined))
		setenv("PATH", joined, 1);
}

/* So that midair pipe needs no option; the server itself is the user's to start. */
static void set_server(const struct network *network, enum midair_family family)
{
	struct midair_endpoint server = network_plan_server(network_plan_of(network), family);
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	server.port = MIDAIR_SERVER_PORT;
	setenv("MIDAIR_SERVER", midair_endpoint_format(&server, text), 1);
	set_way_into("MIDAIR_LAB_ON_SERVER", network_host_namespace(network, LAB_S));
}

static void set_environment(const struct network *network, const struct shell_config *config)
{
	const struct network_plan *plan = network_plan_of(network);
	enum midair_family family = config->scenario->family;
	enum lab_side peer = other_side(config->side);
	struct midair_endpoint peer_address = network_plan_peer(plan, config->side, family);
	struct midair_endpoint own_address = network_plan_peer(plan, peer, family);

	setenv("MIDAIR_LAB_SCENARIO", config->scenario->name, 1);
	setenv("MIDAIR_LAB_SIDE", config->side == LAB_A ? "a" : "b", 1);
	set_address("MIDAIR_LAB_PEER", &peer_address);
	set_address("MIDAIR_LAB_SELF", &own_address);
	set_way_into("MIDAIR_LAB_ON_PEER", network_host_namespace(network, peer));
	set_way_into("MIDAIR_LAB_ON_BOX", network_box_namespace(network, config->side));
	set_path();
	if (config->scenario->has_server)
		set_server(network, family);
	if (!config->command)
		setenv("PS1", config->side == LAB_A ? "host a # " : "host b # ", 1);
}

/* What can be tried with a server. */
static void print_pipe_hint(void)
{
	fprintf(stderr,
		"Host s, %s, is for a server:\n"
		"  $MIDAIR_LAB_ON_SERVER midair serve &\n"
		"  midair pipe                            # and what it says on the other host\n",
		getenv("MIDAIR_SERVER"));
}

static void print_banner(const struct shell_config *config)
{
	const char *peer = getenv("MIDAIR_LAB_PEER");
	const char *own = getenv("MIDAIR_LAB_SELF");
	const char *on_peer = getenv("MIDAIR_LAB_ON_PEER");

	fprintf(stderr,
		"You are on host %s of \"%s\". The peer's address is %s, yours is %s.\n",
		getenv("MIDAIR_LAB_SIDE"), config->scenario->name, peer, own);
	if (on_peer && config->scenario->has_server)
		print_pipe_hint();
	else if (on_peer)
		fprintf(stderr,
			"Put $MIDAIR_LAB_ON_PEER before a command to run it on the other host:\n"
			"  (echo hello | $MIDAIR_LAB_ON_PEER midair meet %s:1314) &\n"
			"  echo hello | midair meet %s:1314\n",
			own, peer);
	if (getenv("MIDAIR_LAB_ON_BOX"))
		fputs("  $MIDAIR_LAB_ON_BOX nft list ruleset     # the NAT in front of you\n",
		      stderr);
	fputs("exit ends the network.\n", stderr);
}

static int execute(void *context)
{
	const struct shell *shell = context;
	const char *program = getenv("SHELL");

	if (shell->config->command) {
		execvp(shell->config->command[0], shell->config->command);
		fprintf(stderr, "midair lab: cannot run %s: %s\n", shell->config->command[0],
			strerror(errno));
		return 127;
	}
	if (program && program[0] == '/')
		execl(program, program, (char *)NULL);
	execl("/bin/sh", "sh", (char *)NULL);
	return 127;
}

int shell_run(const struct network *network, const struct shell_config *config,
	      struct lab_reason *reason)
{
	struct shell shell = {.network = network, .config = config};
	int status;
	pid_t pid;

	set_environment(network, config);
	if (!config->command)
		print_banner(config);
	pid = namespace_spawn(network_host_namespace(network, config->side), execute, &shell);
	if (pid < 0)
		return lab_fail(reason, (int)-pid, "cannot fork");
	status = namespace_wait(pid, -1);
	return status < 0 ? lab_fail(reason, -status, "cannot wait for the program") : status;
}
