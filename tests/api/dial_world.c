/* SPDX-License-Identifier: MIT */
#include "tests/api/dial_world.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/wait.h>

struct midair_endpoint endpoint_of(const char *text)
{
	struct midair_endpoint made;

	CHECK(midair_endpoint_parse(&made, text) == 0, "%s is an endpoint", text);
	return made;
}

struct midair_endpoint local_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	struct midair_endpoint local;

	CHECK(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "it has a name");
	CHECK(midair_endpoint_from_sockaddr(&local, (struct sockaddr *)&address, length) == 0,
	      "of TCP");
	return local;
}

struct midair_dial_config dial_config(const char *local, const char *remote,
				      enum midair_dial_policy policy)
{
	struct midair_dial_config config = {
		.size = sizeof(config),
		.remote = endpoint_of(remote),
		.policy = policy,
	};

	if (local != NULL)
		config.local = endpoint_of(local);
	return config;
}

int listener_everywhere(uint8_t family, uint16_t port)
{
	struct sockaddr_in6 any6 = ipv6(NULL, port);
	struct sockaddr_in any4 = ipv4(NULL, port);
	bool is_ipv6 = family == MIDAIR_IPV6;
	int fd = tcp_socket(is_ipv6 ? AF_INET6 : AF_INET, REUSE_PORT);
	int result;

	if (is_ipv6)
		result = bind(fd, (struct sockaddr *)&any6, sizeof(any6));
	else
		result = bind(fd, (struct sockaddr *)&any4, sizeof(any4));
	CHECK(result == 0 && listen(fd, 4096) == 0, "port %u can listen", port);
	return fd;
}

uint32_t accept_and_close(int listener)
{
	uint32_t n_closed = 0;
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		close(fd);
		n_closed++;
	}
	return n_closed;
}

bool set_sysctl(const char *name, const char *value)
{
	char path[96];
	bool is_set;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	is_set = write(fd, value, strlen(value)) == (ssize_t)strlen(value);
	close(fd);
	return is_set;
}

void drop_rights(void)
{
	if (geteuid() != 0)
		return;
	CHECK(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0,
	      "root can become nobody");
}

void in_child(void (*test)(void))
{
	pid_t child = fork();
	int status = -1;

	CHECK(child >= 0, "a process can fork");
	if (child == 0) {
		test();
		_exit(EXIT_SUCCESS);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0, "the child is content");
}
