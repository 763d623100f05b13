/* SPDX-License-Identifier: MIT */
#include "two_hosts.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

static struct {
	int namespace_fd;
	int wire_fd;
} hosts[2];

static const char *const addresses[2] = {ADDRESS_A, ADDRESS_B};

static void configure(int wire_fd, const char *address)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	struct sockaddr_in value = ipv4(address, 0);
	int fd = tcp_socket(AF_INET, 0);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "wire");
	CHECK(ioctl(wire_fd, TUNSETIFF, &request) == 0, "a TUN interface can be made");
	memcpy(&request.ifr_addr, &value, sizeof(value));
	CHECK(ioctl(fd, SIOCSIFADDR, &request) == 0, "it can have an address");
	value = ipv4("255.255.255.0", 0);
	memcpy(&request.ifr_netmask, &value, sizeof(value));
	CHECK(ioctl(fd, SIOCSIFNETMASK, &request) == 0, "it can have a netmask");
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	CHECK(ioctl(fd, SIOCSIFFLAGS, &request) == 0, "it can be set up");
	close(fd);
}

void two_hosts_open(void)
{
	for (int i = 0; i < 2; i++) {
		enter_own_network();
		hosts[i].namespace_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
		hosts[i].wire_fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
		CHECK(hosts[i].namespace_fd >= 0, "a namespace has a file");
		if (hosts[i].wire_fd < 0)
			skip("no right to open /dev/net/tun");
		configure(hosts[i].wire_fd, addresses[i]);
	}
}

void enter_host(enum host host)
{
	CHECK(setns(hosts[host].namespace_fd, CLONE_NEWNET) == 0, "a namespace can be entered");
}

int host_socket(enum host host, uint16_t port)
{
	enter_host(host);
	int fd = tcp_socket(AF_INET, REUSE_PORT);

	CHECK(bind_to(fd, addresses[host], port) == 0, "port %u can be bound", port);
	return fd;
}

/* Reads the TCP header of an IPv4 packet; false for any other packet (IPv6 makes some noise). */
static bool read_header(struct packet *packet)
{
	size_t ip_size = (packet->bytes[0] & 0x0fu) * 4u;

	if (packet->n_bytes < ip_size + 20 || packet->bytes[0] >> 4 != 4 ||
	    packet->bytes[9] != IPPROTO_TCP)
		return false;
	packet->flags = packet->bytes[ip_size + 13] & (FLAG_SYN | FLAG_RST | FLAG_ACK);
	packet->source_port =
		(uint16_t)(packet->bytes[ip_size] << 8 | packet->bytes[ip_size + 1]);
	return true;
}

bool take_packet(enum host from, struct packet *packet, int timeout_ms)
{
	uint64_t end_ms = now_ms() + (uint64_t)timeout_ms;
	struct pollfd waiting = {.fd = hosts[from].wire_fd, .events = POLLIN};

	for (;;) {
		uint64_t at_ms = now_ms();

		if (poll(&waiting, 1, at_ms < end_ms ? (int)(end_ms - at_ms) : 0) != 1)
			return false;
		ssize_t n_bytes =
			read(hosts[from].wire_fd, packet->bytes, sizeof(packet->bytes));
		CHECK(n_bytes > 0, "a packet can be read");
		packet->n_bytes = (size_t)n_bytes;
		if (read_header(packet))
			return true;
	}
}

struct packet expect_packet(enum host from, unsigned int flags)
{
	struct packet packet = {.n_bytes = 0};

	CHECK(take_packet(from, &packet, 1000), "host %c sends a packet", "AB"[from]);
	CHECK(packet.flags == flags, "host %c's packet has the flags %#x, not %#x", "AB"[from],
	      flags, packet.flags);
	return packet;
}

void deliver(enum host to, const struct packet *packet)
{
	ssize_t n_bytes = write(hosts[to].wire_fd, packet->bytes, packet->n_bytes);

	CHECK(n_bytes == (ssize_t)packet->n_bytes, "a packet can be delivered");
}

uint16_t internet_checksum(uint32_t sum, const unsigned char *bytes, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return htons((uint16_t)~sum);
}

static enum host other(enum host host)
{
	return host == HOST_A ? HOST_B : HOST_A;
}

/* Carries at most one packet from each side. */
static bool carry_some(void)
{
	struct packet packet;
	bool has_carried = false;

	for (enum host from = HOST_A; from <= HOST_B; from++) {
		if (!take_packet(from, &packet, 0))
			continue;
		deliver(other(from), &packet);
		has_carried = true;
	}
	return has_carried;
}

void carry_until(int fd, short events)
{
	uint64_t end_ms = now_ms() + 3000;
	struct pollfd waiting[] = {
		{.fd = fd, .events = events},
		{.fd = hosts[HOST_A].wire_fd, .events = POLLIN},
		{.fd = hosts[HOST_B].wire_fd, .events = POLLIN},
	};

	while (now_ms() < end_ms) {
		CHECK(poll(waiting, 3, 100) >= 0, "the wire can be waited for");
		if (waiting[0].revents != 0)
			return;
		carry_some();
	}
	CHECK(false, "a socket is ready within 3 s");
}

int carry_dial(int fd)
{
	carry_until(fd, POLLOUT);
	return dial_outcome(fd, 0);
}

void carry_rest(int quiet_ms)
{
	struct pollfd waiting[] = {
		{.fd = hosts[HOST_A].wire_fd, .events = POLLIN},
		{.fd = hosts[HOST_B].wire_fd, .events = POLLIN},
	};

	while (carry_some() || poll(waiting, 2, quiet_ms) > 0)
		continue;
}
