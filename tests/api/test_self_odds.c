/* SPDX-License-Identifier: MIT */
/*
 * midair_self_odds_read() against the kernel: clients that dial a dead port of a small range until
 * they meet themselves, in a network namespace of their own. Each trial has a source address of
 * its own: the kernel's walk over the ports starts anew for each pair of addresses, and goes on
 * where an earlier one ended, for some seconds even across namespaces.
 */
#include <arpa/inet.h>
#include <fcntl.h>

#include "midair/midair.h"
#include "tests/platform/platform.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51 /* Linux 6.3 */
#endif

#define FIRST_PORT 30000
#define LAST_PORT  30063
#define EVEN_PORT  30010
#define ODD_PORT   30011
#define N_TRIALS   400
/* Where a hit takes 57 tries on average, so many in vain mean that it does not happen. */
#define TRIES_END 3000

static void set_range(void)
{
	char text[32];
	int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
	int length = snprintf(text, sizeof(text), "%d %d", FIRST_PORT, LAST_PORT);

	if (fd < 0 || write(fd, text, (size_t)length) != length)
		skip("the range of ports cannot be set here");
	close(fd);
}

static int prepared_socket(const struct sockaddr_in *address, enum midair_port_choice choice)
{
	const uint32_t range = (uint32_t)LAST_PORT << 16 | FIRST_PORT;
	int fd = tcp_socket(AF_INET, BLOCKING);

	if (choice != MIDAIR_CHOICE_BIND)
		CHECK(set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1) == 0,
		      "an address without a port can be bound");
	if (choice == MIDAIR_CHOICE_RANGE &&
	    setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof(range)) < 0) {
		close(fd);
		return -1;
	}
	CHECK(bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0,
	      "every address of 127/8 can be bound");
	return fd;
}

/* One try: true when it met itself. */
static bool meets_itself(const struct sockaddr_in *address, uint16_t port,
			 enum midair_port_choice choice)
{
	struct sockaddr_in remote = *address;
	int fd = prepared_socket(address, choice);

	CHECK(fd >= 0, "a socket is made");
	remote.sin_port = htons(port);
	int result = connect(fd, (struct sockaddr *)&remote, sizeof(remote));
	if (result == 0)
		CHECK(midair_is_self_connected(fd) == 1, "nobody else answers");
	else
		CHECK(errno == ECONNREFUSED, "a dead port refuses (%s)", strerror(errno));
	close_with_reset(fd);
	return result == 0;
}

/* A block of 127/8 for each experiment, another one in another run. */
static uint32_t first_address;

static void take_new_addresses(void)
{
	if (first_address == 0)
		first_address = 0x7f000000u + ((uint32_t)getpid() & 0x3fff) * 512;
	first_address = first_address >= 0x7ffe0000u ? 0x7f010000u : first_address + 512;
}

/* The tries until the hit, TRIES_END for none. */
static uint32_t play(uint32_t trial, uint16_t port, enum midair_port_choice choice)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(first_address + trial),
	};
	uint32_t n_tries = 1;

	while (n_tries < TRIES_END && !meets_itself(&address, port, choice))
		n_tries++;
	return n_tries;
}

static void never_happens(const char *name, uint16_t port, enum midair_port_choice choice)
{
	struct midair_self_odds odds;

	take_new_addresses();
	CHECK(midair_self_odds_read(port, choice, &odds) == 0, "%s: the odds are known", name);
	CHECK(!odds.is_possible && odds.has_wrong_parity, "%s: told to be impossible", name);
	CHECK(play(1, port, choice) == TRIES_END, "%s: did not happen", name);
}

static void happens_as_told(const char *name, uint16_t port, enum midair_port_choice choice)
{
	struct midair_self_odds odds;
	uint64_t sum = 0;

	take_new_addresses();
	CHECK(midair_self_odds_read(port, choice, &odds) == 0, "%s: the odds are known", name);
	CHECK(odds.is_possible, "%s: told to be possible", name);
	for (uint32_t trial = 1; trial <= N_TRIALS; trial++) {
		uint32_t n_tries = play(trial, port, choice);

		CHECK(n_tries < TRIES_END, "%s: happens", name);
		sum += n_tries;
	}
	uint32_t mean = (uint32_t)(sum / N_TRIALS);
	printf("%s: a mean of %u tries, told %u\n", name, mean, odds.mean_tries);
	/* The standard error of the mean is 5 %; 25 % are five of them. */
	CHECK(mean * 4 >= odds.mean_tries * 3 && mean * 4 <= odds.mean_tries * 5,
	      "%s: a mean of %u tries, told %u", name, mean, odds.mean_tries);
}

static bool has_port_range_option(void)
{
	struct sockaddr_in address = ipv4("127.0.0.1", 0);
	int fd = prepared_socket(&address, MIDAIR_CHOICE_RANGE);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(void)
{
	struct midair_self_odds odds;

	enter_own_network();
	set_range();
	CHECK(midair_self_odds_read(0, MIDAIR_CHOICE_CONNECT, &odds) == MIDAIR_E_RANGE,
	      "port 0 is no port");
	CHECK(midair_self_odds_read(LAST_PORT + 1, MIDAIR_CHOICE_RANGE, &odds) == 0 &&
		      !odds.is_possible && !odds.is_in_range,
	      "beyond the range it cannot be");
	happens_as_told("connect(), even port", EVEN_PORT, MIDAIR_CHOICE_CONNECT);
	never_happens("connect(), odd port", ODD_PORT, MIDAIR_CHOICE_CONNECT);
	happens_as_told("bind(0), odd port", ODD_PORT, MIDAIR_CHOICE_BIND);
	never_happens("bind(0), even port", EVEN_PORT, MIDAIR_CHOICE_BIND);
	if (!has_port_range_option()) {
		puts("this kernel has no IP_LOCAL_PORT_RANGE");
		return EXIT_SUCCESS;
	}
	happens_as_told("range, even port", EVEN_PORT, MIDAIR_CHOICE_RANGE);
	happens_as_told("range, odd port", ODD_PORT, MIDAIR_CHOICE_RANGE);
	return EXIT_SUCCESS;
}
