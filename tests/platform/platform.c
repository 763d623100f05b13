/* SPDX-License-Identifier: MIT */
#include "platform.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <time.h>

#include "os/diag.h"

void check(bool holds, const char *file, int line, const char *sentence, ...)
{
	va_list values;

	if (holds)
		return;
	fprintf(stderr, "%s:%d: not so: ", file, line);
	va_start(values, sentence);
	vfprintf(stderr, sentence, values);
	va_end(values);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

void skip(const char *why)
{
	const char *required = getenv("LAB_REQUIRED");

	printf("cannot run here: %s\n", why);
	exit(required != NULL && strcmp(required, "1") == 0 ? EXIT_FAILURE : 77);
}

static void set_interface_up(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = tcp_socket(AF_INET, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	CHECK(ioctl(fd, SIOCSIFFLAGS, &request) == 0, "interface %s can be set up", name);
	close(fd);
}

void enter_own_network(void)
{
	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		skip("no right to make a network namespace");
	set_interface_up("lo");
}

struct sockaddr_in ipv4(const char *address, uint16_t port)
{
	struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (address != NULL)
		CHECK(inet_pton(AF_INET, address, &made.sin_addr) == 1, "%s is an address",
		      address);
	return made;
}

struct sockaddr_in6 ipv6(const char *address, uint16_t port)
{
	struct sockaddr_in6 made = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (address != NULL)
		CHECK(inet_pton(AF_INET6, address, &made.sin6_addr) == 1, "%s is an address",
		      address);
	return made;
}

int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : -errno;
}

int tcp_socket(int family, unsigned int options)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | ((options & BLOCKING) != 0 ? 0 : SOCK_NONBLOCK);
	int fd = socket(family, type, IPPROTO_TCP);

	CHECK(fd >= 0, "a TCP socket can be made (%s)", strerror(errno));
	if ((options & REUSE_ADDRESS) != 0)
		CHECK(set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) == 0,
		      "SO_REUSEADDR is taken");
	if ((options & REUSE_PORT) != 0)
		CHECK(set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) == 0,
		      "SO_REUSEPORT is taken");
	return fd;
}

int bind_to(int fd, const char *address, uint16_t port)
{
	struct sockaddr_in local = ipv4(address, port);

	return bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0 ? 0 : -errno;
}

int connect_to(int fd, const char *address, uint16_t port)
{
	struct sockaddr_in remote = ipv4(address, port);

	return connect(fd, (struct sockaddr *)&remote, sizeof(remote)) == 0 ? 0 : -errno;
}

int dial_outcome(int fd, int timeout_ms)
{
	struct pollfd waiting = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t length = sizeof(error);

	if (poll(&waiting, 1, timeout_ms) != 1)
		return -ETIMEDOUT;
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0, "SO_ERROR is read");
	return -error;
}

int dial(int fd, const char *address, uint16_t port)
{
	int result = connect_to(fd, address, port);

	return result == -EINPROGRESS ? dial_outcome(fd, 1000) : result;
}

int listener_on(uint16_t port, unsigned int options)
{
	int fd = tcp_socket(AF_INET, options);
	int result = bind_to(fd, "127.0.0.1", port);

	CHECK(result == 0, "port %u can be bound (%s)", port, strerror(-result));
	CHECK(listen(fd, 16) == 0, "port %u can listen", port);
	return fd;
}

uint16_t port_of(int fd)
{
	struct sockaddr_in local;
	socklen_t length = sizeof(local);

	CHECK(getsockname(fd, (struct sockaddr *)&local, &length) == 0, "a socket has a name");
	return ntohs(local.sin_port);
}

struct tcp_info tcp_info_of(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof(info);

	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0, "TCP_INFO is read");
	return info;
}

void close_with_reset(int fd)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0,
	      "SO_LINGER is taken");
	close(fd);
}

uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct midair_endpoint home(uint16_t port)
{
	return (struct midair_endpoint){
		.address = {127, 0, 0, 1}, .port = port, .family = MIDAIR_IPV4};
}

struct midair_row await_row(uint16_t local, uint16_t remote, enum midair_tcp_state state)
{
	struct midair_endpoint from = home(local), to = home(remote);
	struct midair_row row = {.uid = 0};
	uint64_t end_ms = now_ms() + 1000;
	int result;

	do {
		result = diag_find(&from, &to, &row);
	} while ((result != 0 || row.state != state) && now_ms() < end_ms);
	CHECK(result == 0, "%u to %u has a row (%s)", local, remote, strerror(-result));
	CHECK(row.state == state, "%u to %u is in state %d, not %d", local, remote, (int)state,
	      (int)row.state);
	return row;
}
