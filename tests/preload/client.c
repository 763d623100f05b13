/* SPDX-License-Identifier: MIT */
#include <sys/resource.h>

#include "client.h"

unsigned int number(int argc, char **argv, int index, unsigned int otherwise)
{
	return index < argc ? (unsigned int)strtoul(argv[index], NULL, 10) : otherwise;
}

int open_server(int family, uint16_t port)
{
	struct sockaddr_in any = ipv4(NULL, port);
	struct sockaddr_in6 any6 = ipv6(NULL, port);
	bool is_ipv6 = family == AF_INET6;
	int fd = tcp_socket(family, BLOCKING | REUSE_ADDRESS);

	CHECK(bind(fd, is_ipv6 ? (struct sockaddr *)&any6 : (struct sockaddr *)&any,
		   is_ipv6 ? sizeof(any6) : sizeof(any)) == 0,
	      "the server has port %u (%s)", port, strerror(errno));
	CHECK(listen(fd, 4096) == 0, "the server listens");
	return fd;
}

int take_connection(int server)
{
	int fd = accept(server, NULL, NULL);

	CHECK(fd >= 0, "a connection arrives (%s)", strerror(errno));
	return fd;
}

static int run_from(const struct scene *scenes, int argc, char **argv)
{
	for (; scenes->name != NULL; scenes++)
		if (strcmp(scenes->name, argv[1]) == 0)
			return scenes->run(argc - 2, argv + 2);
	return -1;
}

static void allow_many_files(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0, "there is a limit");
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max < 4096)
		skip("fewer than 4096 files are allowed");
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0, "the limit can be raised");
}

int main(int argc, char **argv)
{
	int status = -1;

	CHECK(argc > 1, "a scene is named");
	allow_many_files();
	status = run_from(scenes_of_ports, argc, argv);
	if (status < 0)
		status = run_from(scenes_of_sockets, argc, argv);
	if (status < 0)
		status = run_from(scenes_of_processes, argc, argv);
	CHECK(status >= 0, "there is a scene %s", argv[1]);
	return status;
}
