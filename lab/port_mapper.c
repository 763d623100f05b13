/* SPDX-License-Identifier: MIT */
#include "lab/port_mapper.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lab/firewall.h"
#include "lab/namespace.h"
#include "lab/program.h"
#include "os/cleanup.h"
#include "os/clock.h"

/* What it says last before it serves, and how long that may take on a busy machine. */
#define READY_WORDS "Listening for NAT-PMP/PCP traffic"
#define READY_MS    10000

struct port_mapper {
	struct program *program;
};

/*
 * The inner interface is named, not its address, because only then IPv6 is served. secure_mode:
 * nobody opens a port for somebody else.
 */
static const char settings[] = "ext_ifname=" FIREWALL_OUTER "\n"
			       "listening_ip=" FIREWALL_INNER "\n"
			       "http_port=5000\n"
			       "enable_natpmp=yes\n"
			       "enable_upnp=yes\n"
			       "secure_mode=yes\n"
			       "uuid=00000000-0000-0000-0000-000000000001\n"
			       "upnp_table_name=" FIREWALL_TABLE "\n"
			       "upnp_nat_table_name=" FIREWALL_TABLE "\n"
			       "upnp_forward_chain=" FIREWALL_PINHOLES "\n"
			       "upnp_nat_chain=" FIREWALL_REDIRECTIONS "\n"
			       "upnp_nat_postrouting_chain=" FIREWALL_RETURNS "\n"
			       "allow 1024-65535 0.0.0.0/0 1024-65535\n";

static int open_program(void)
{
	int fd = program_open("/usr/sbin/miniupnpd");

	return fd >= 0 ? fd : program_open("/sbin/miniupnpd");
}

bool port_mapper_is_there(void)
{
	_cleanup_close_ int fd = open_program();

	return fd >= 0;
}

/* 5351, as the kernel's table has it. */
#define PCP_PORT_TEXT ":14E7 "
#define LOOK_AGAIN_MS 2

static bool has_ipv6_socket(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/net/udp6", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strstr(line, PCP_PORT_TEXT))
			return true;
	return false;
}

/* It opens the socket for IPv6 after its last words. */
static int wait_ipv6(int box_namespace_fd, struct lab_reason *reason)
{
	_cleanup_close_ int home = namespace_current();
	uint64_t end_ns = clock_now_ns() + READY_MS * UINT64_C(1000000);
	bool is_there;

	if (home < 0 || namespace_enter(box_namespace_fd) < 0)
		return lab_fail(reason, errno, "cannot enter a network namespace");
	while (!(is_there = has_ipv6_socket()) && clock_now_ns() < end_ns)
		poll(NULL, 0, LOOK_AGAIN_MS);
	if (namespace_enter(home) < 0)
		return lab_fail(reason, errno, "cannot go back to our network namespace");
	return is_there ? 0 : lab_fail(reason, 0, "miniupnpd does not listen for PCP by IPv6");
}

/*
 * -d: not as a daemon. It removes the file of its process id at its end, so that must be one that
 * cannot be.
 */
static int start(struct port_mapper *mapper, int executable_fd, int box_namespace_fd,
		 struct lab_reason *reason)
{
	static const char *const arguments[] = {"miniupnpd", "-d",
						"-f",	     "/dev/stdin",
						"-P",	     "/nonexistent/miniupnpd.pid",
						NULL};
	const struct program_config config = {
		.namespace_fd = box_namespace_fd,
		.executable_fd = executable_fd,
		.arguments = arguments,
	};
	int error = program_start(&mapper->program, &config, reason);

	if (error)
		return error;
	if (program_write(mapper->program, settings, READY_MS))
		return lab_fail(reason, 0, "miniupnpd does not read its settings");
	program_close_input(mapper->program);
	if (program_wait_text(mapper->program, PROGRAM_ERRORS, READY_WORDS, READY_MS))
		return lab_fail(reason, 0, "miniupnpd did not start: %.300s",
				program_text(mapper->program, PROGRAM_ERRORS));
	return wait_ipv6(box_namespace_fd, reason);
}

int port_mapper_start(struct port_mapper **mapper, int box_namespace_fd,
		      struct lab_reason *reason)
{
	_cleanup_close_ int executable_fd = open_program();
	struct port_mapper *made;
	int error;

	if (executable_fd < 0)
		return lab_fail(reason, 0,
				"miniupnpd is missing: apt install miniupnpd-nftables");
	made = calloc(1, sizeof(*made));
	error = made ? start(made, executable_fd, box_namespace_fd, reason)
		     : lab_fail(reason, ENOMEM, "cannot start miniupnpd");
	if (error)
		port_mapper_free(made);
	else
		*mapper = made;
	return error;
}

struct port_mapper *port_mapper_free(struct port_mapper *mapper)
{
	if (mapper) {
		program_free(mapper->program);
		free(mapper);
	}
	return NULL;
}
