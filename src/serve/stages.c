/* SPDX-License-Identifier: MIT */
#include "serve/stages.h"

#include <errno.h>
#include <string.h>

#include "os/sandbox.h"

#define PATH_SIZE 4096

struct stage {
	const char *name;
	int (*enter)(const struct server *server);
};

static int enter_user(const struct server *server)
{
	int result = sandbox_become(server->config.user);

	/* Somebody else has seen to it that we are not root: as good. */
	return result == -EALREADY ? 0 : result;
}

static int enter_capabilities(const struct server *server)
{
	(void)server;
	return sandbox_no_capabilities();
}

static int enter_core(const struct server *server)
{
	int result = sandbox_no_core();

	(void)server;
	return result != 0 ? result : sandbox_no_dump();
}

static int enter_privileges(const struct server *server)
{
	(void)server;
	return sandbox_no_new_privileges();
}

/* What the dials bind, for probes. */
static const uint16_t *ports_of(const struct server *server, uint16_t ports[SANDBOX_PORTS])
{
	const struct rendezvous_probes *probes = &server->rendezvous.probes;

	ports[0] = probes->second_port;
	ports[1] = probes->silent_port;
	ports[2] = probes->refusing_port;
	return probes->is_able ? ports : NULL;
}

/* The folder, not the file: an editor puts a new file into its place. */
static int enter_files(const struct server *server)
{
	char folder[PATH_SIZE];
	uint16_t ports[SANDBOX_PORTS];
	const char *path = server->config.limits_path;
	const char *slash;

	if (!path)
		return sandbox_no_files(NULL, ports_of(server, ports));
	slash = strrchr(path, '/');
	if (!slash)
		return sandbox_no_files(".", ports_of(server, ports));
	size_t size = slash == path ? 1 : (size_t)(slash - path);

	if (size >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, size);
	folder[size] = '\0';
	return sandbox_no_files(folder, ports_of(server, ports));
}

static int enter_calls(const struct server *server)
{
	return sandbox_no_calls((server->config.limits_path != NULL ? SANDBOX_MAY_OPEN : 0) |
				(server->rendezvous.probes.is_able ? SANDBOX_MAY_DIAL : 0) |
				(server->rendezvous.has_relay ? SANDBOX_MAY_FORWARD : 0));
}

/* In this order: root's rights are needed to become somebody else, and opening files to say what
 * landlock shall allow. */
static const struct stage stages[] = {
	{"user", enter_user},	   {"capabilities", enter_capabilities},
	{"no-core", enter_core},   {"no-new-privileges", enter_privileges},
	{"landlock", enter_files}, {"seccomp", enter_calls},
};

#define STAGE_USER 0

static void tell(struct server *server, const struct stage *stage, int result)
{
	struct log_line line;

	log_begin(&line, &server->log, "stage");
	log_text(&line, "name", stage->name);
	log_text(&line, "state", result == 0 ? "active" : "missing");
	if (result != 0)
		log_text(&line, "why", midair_strerror(result));
	log_end_always(&line);
}

int stages_enter(struct server *server)
{
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		int result = stages[i].enter(server);

		tell(server, &stages[i], result);
		if (result != 0 && (server->config.must_sandbox ||
				    (i == STAGE_USER && server->config.must_become_user)))
			return result;
	}
	return 0;
}
