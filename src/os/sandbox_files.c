/* SPDX-License-Identifier: MIT */
/* sandbox_files: Landlock (Linux 5.13; ports since 6.7). */
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "os/cleanup.h"
#include "os/sandbox.h"

/* All rights of the first version; later ones exist only with a newer kernel. */
#define FILE_RIGHTS_1	    ((UINT64_C(1) << 13) - 1)
#define FILE_RIGHT_REFER    (UINT64_C(1) << 13) /* version 2 */
#define FILE_RIGHT_TRUNCATE (UINT64_C(1) << 14) /* version 3 */
#define PORT_RIGHT_BIND	    UINT64_C(1)		/* version 4, TCP */
#define PORT_RIGHT_CONNECT  UINT64_C(2)
#define RULE_PORT	    2

/* The header of Debian 12 ends before the ports. */
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
};

struct port_rule {
	uint64_t allowed_access;
	uint64_t port;
};

static int ruleset_new(long version, bool may_dial)
{
	struct ruleset ruleset = {.handled_access_fs = FILE_RIGHTS_1};
	size_t size = sizeof(ruleset.handled_access_fs);
	long fd;

	if (version >= 2)
		ruleset.handled_access_fs |= FILE_RIGHT_REFER;
	if (version >= 3)
		ruleset.handled_access_fs |= FILE_RIGHT_TRUNCATE;
	if (version >= 4) {
		/* There is no rule for every port: who may dial may connect to any. */
		ruleset.handled_access_net =
			PORT_RIGHT_BIND | (may_dial ? 0 : PORT_RIGHT_CONNECT);
		size = sizeof(ruleset);
	}
	fd = syscall(SYS_landlock_create_ruleset, &ruleset, size, 0);
	return fd < 0 ? -errno : (int)fd;
}

static int allow_folder(int ruleset_fd, const char *folder)
{
	_cleanup_close_ int fd = open(folder, O_PATH | O_CLOEXEC);
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = fd,
	};

	if (fd < 0)
		return -errno;
	return syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule,
		       0) < 0
		       ? -errno
		       : 0;
}

static int allow_port(int ruleset_fd, uint16_t port)
{
	const struct port_rule rule = {.allowed_access = PORT_RIGHT_BIND, .port = port};

	return syscall(SYS_landlock_add_rule, ruleset_fd, RULE_PORT, &rule, 0) < 0 ? -errno : 0;
}

static int allow_ports(int ruleset_fd, const uint16_t ports[SANDBOX_PORTS])
{
	int result = allow_port(ruleset_fd, 0);

	for (int i = 0; result == 0 && i < SANDBOX_PORTS; i++)
		result = allow_port(ruleset_fd, ports[i]);
	return result;
}

int sandbox_no_files(const char *folder, const uint16_t dial_ports[SANDBOX_PORTS])
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int result = 0;

	if (version < 0)
		return -errno;
	_cleanup_close_ int fd = ruleset_new(version, dial_ports != NULL);

	if (fd < 0)
		return fd;
	if (folder)
		result = allow_folder(fd, folder);
	if (result == 0 && dial_ports && version >= 4)
		result = allow_ports(fd, dial_ports);
	if (result == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		result = -errno;
	return result;
}
