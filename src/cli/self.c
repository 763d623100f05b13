/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The message is written into the socket and read out of it again, both at once, since a
 * message may be larger than what a socket holds. The end is known by counting: shutdown()
 * would end in TIME_WAIT (our FIN meets itself, which is a simultaneous close), and the port
 * would be kept for a minute. Instead the last close() sends RST, which costs nothing here:
 * all has been read.
 */
#include "cli/self.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/exit.h"
#include "cli/preload_run.h"
#include "cli/row.h"
#include "cli/self_scan.h"
#include "cli/usage.h"
#include "midair/midair.h"

/* Without any progress in this time the exchange has failed. */
#define PROGRESS_TIMEOUT_MS 5000

struct options {
	struct midair_endpoint local;
	const char *message;
	const char *odds_port;
	bool ipv6;
	bool json;
	bool scan;
};

enum long_only { OPTION_JSON = 256, OPTION_SCAN, OPTION_ODDS, OPTION_GUARD };

static const char usage[] =
	"usage: midair self [PORT] [-6] [-m TEXT] [--json]\n"
	"       midair self --scan [--json]\n"
	"       midair self --odds PORT [--json]\n"
	"       midair self --guard [--] COMMAND [ARGUMENT...]\n"
	"  PORT                the local port, which is the remote one too (default 1314)\n"
	"  -6, --ipv6          on ::1 instead of 127.0.0.1\n"
	"  -m, --message TEXT  what to send (default \"I love you.\")\n"
	"      --json          tell about it in JSON (on standard error)\n"
	"      --scan          list what is connected to itself on this machine\n"
	"      --odds PORT     how soon a client of this port meets itself when nobody listens\n"
	"      --guard         run a command that cannot connect to itself\n";

static const struct option long_options[] = {
	{"ipv6", no_argument, NULL, '6'},
	{"message", required_argument, NULL, 'm'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"scan", no_argument, NULL, OPTION_SCAN},
	{"odds", required_argument, NULL, OPTION_ODDS},
	{"guard", no_argument, NULL, OPTION_GUARD},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static int usage_error(const char *what, const char *word)
{
	return usage_tell("self", what, word);
}

/* Returns -1 to go on, or the exit status. */
static int read_options(struct options *options, int argc, char **argv)
{
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":6m:h", long_options, NULL)) != -1) {
		switch (option) {
		case '6':
			options->ipv6 = true;
			break;
		case 'm':
			options->message = optarg;
			break;
		case OPTION_JSON:
			options->json = true;
			break;
		case OPTION_SCAN:
			options->scan = true;
			break;
		case OPTION_ODDS:
			options->odds_port = optarg;
			break;
		case OPTION_GUARD:
			/* What follows is the command's. */
			if (optind < argc && strcmp(argv[optind], "--") == 0)
				optind++;
			return preload_guard(argv + optind);
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		default:
			return usage_bad_option("self", option, argv, OPTION_JSON);
		}
	}
	if ((options->scan || options->odds_port != NULL) && optind < argc)
		return usage_error("unexpected argument", argv[optind]);
	return -1;
}

static int read_endpoint(struct options *options, int argc, char **argv)
{
	const char *port = optind < argc ? argv[optind] : "1314";
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];
	int length =
		snprintf(text, sizeof(text), options->ipv6 ? "[::1]:%s" : "127.0.0.1:%s", port);

	if (argc - optind > 1)
		return usage_error("unexpected argument", argv[optind + 1]);
	if (length < (int)sizeof(text) && midair_endpoint_parse(&options->local, text) == 0)
		return -1;
	return usage_error("the port is a number from 1 to 65535, not", port);
}

static int wait_for(int fd, short events)
{
	struct pollfd waiting = {.fd = fd, .events = events};
	int n_ready = poll(&waiting, 1, PROGRESS_TIMEOUT_MS);

	if (n_ready < 0)
		return -errno;
	return n_ready == 0 ? -ETIMEDOUT : 0;
}

/* Sends what the socket takes now. Returns 0 or -errno. */
static int send_some(int fd, const char **data, size_t *n_left)
{
	ssize_t n_sent = *n_left == 0 ? 0 : send(fd, *data, *n_left, MSG_NOSIGNAL);

	if (n_sent < 0)
		return errno == EAGAIN ? 0 : -errno;
	*data += n_sent;
	*n_left -= (size_t)n_sent;
	return 0;
}

/* Prints what can be read now. Returns 0 or -errno. */
static int receive_some(int fd, size_t *n_left)
{
	char buffer[4096];
	ssize_t n_received = recv(fd, buffer, sizeof(buffer), 0);

	if (n_received < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n_received == 0 || (size_t)n_received > *n_left)
		return -EPROTO;
	fwrite(buffer, 1, (size_t)n_received, stdout);
	*n_left -= (size_t)n_received;
	return 0;
}

/* Sends the bytes and prints them as they come back. Returns 0 or -errno. */
static int exchange(int fd, const char *data, size_t n_bytes)
{
	size_t n_unsent = n_bytes;
	size_t n_missing = n_bytes;

	while (n_missing > 0) {
		short events = (short)(n_unsent > 0 ? POLLIN | POLLOUT : POLLIN);
		int result = wait_for(fd, events);

		if (result == 0)
			result = send_some(fd, &data, &n_unsent);
		if (result == 0)
			result = receive_some(fd, &n_missing);
		if (result != 0)
			return result;
	}
	return 0;
}

static int send_message(int fd, const char *message)
{
	int result = exchange(fd, message, strlen(message));

	return result != 0 ? result : exchange(fd, "\n", 1);
}

static void explain(const struct midair_row *row, int64_t elapsed_ns)
{
	fprintf(stderr,
		"connected to itself in %" PRId64 " us; what it reads is what it sent\n",
		elapsed_ns / 1000);
	row_print_header(stderr);
	row_print(stderr, row);
	fputs("Why: the socket's own SYN reached it while it waited in SYN-SENT. TCP takes a SYN in\n"
	      "that state for a simultaneous open (RFC 9293, section 3.5, figure 7), so the socket\n"
	      "answered itself: one socket, one row, both ends of the connection.\n",
	      stderr);
}

static void explain_json(const struct midair_row *row, int64_t elapsed_ns)
{
	struct json json;

	json_begin(&json, stderr);
	json_string(&json, "event", "self-connected");
	json_milliseconds(&json, "elapsed_ms", elapsed_ns);
	row_add_json(&json, row);
	json_end(&json);
}

static int report(const struct options *options, int fd, int64_t elapsed_ns)
{
	struct midair_row row;
	int result = midair_table_find(&options->local, &options->local, &row);

	if (result != 0) {
		fprintf(stderr,
			"midair self: connected, but the kernel shows no row of it: %s\n",
			midair_strerror(result));
		return EXIT_NO_CONNECTION;
	}
	row_claim(&row, fd);
	if (options->json)
		explain_json(&row, elapsed_ns);
	else
		explain(&row, elapsed_ns);
	return EXIT_DONE;
}

/* What to do about it, as far as anything can be. */
static const char *advice(int result)
{
	if (result == MIDAIR_E_PORT_IN_USE)
		return "; name another port";
	if (result == MIDAIR_E_UNSUPPORTED)
		return "; a SYN that meets a SYN is refused here";
	if (result == -EACCES)
		return "; ports below 1024 need privileges, name a higher one";
	if (result == -ETIMEDOUT)
		return "; a packet filter may drop what goes over the loopback interface";
	return "";
}

static int complain(const struct options *options, int result)
{
	char text[MIDAIR_ENDPOINT_TEXT_SIZE];

	fprintf(stderr, "midair self: cannot connect %s to itself: %s%s\n",
		midair_endpoint_format(&options->local, text), midair_strerror(result),
		advice(result));
	if (result == MIDAIR_E_UNSUPPORTED || result == -ETIMEDOUT)
		return EXIT_NO_CONNECTION;
	return EXIT_SYSTEM;
}

static int64_t nanoseconds_between(const struct timespec *from, const struct timespec *to)
{
	return (int64_t)(to->tv_sec - from->tv_sec) * 1000000000 +
	       (to->tv_nsec - from->tv_nsec);
}

int self_main(int argc, char **argv)
{
	struct options options = {.message = "I love you."};
	struct timespec before, after;
	int fd;
	int status = read_options(&options, argc, argv);

	if (status < 0 && options.scan)
		return self_scan(options.json);
	if (status < 0 && options.odds_port != NULL)
		return self_odds_of(options.odds_port, options.json);
	if (status < 0)
		status = read_endpoint(&options, argc, argv);
	if (status >= 0)
		return status;
	clock_gettime(CLOCK_MONOTONIC, &before);
	int result = midair_self_connect(&options.local, &fd);
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (result != 0)
		return complain(&options, result);
	status = report(&options, fd, nanoseconds_between(&before, &after));
	result = send_message(fd, options.message);
	if (result != 0) {
		fprintf(stderr, "midair self: the message did not come back: %s\n",
			midair_strerror(result));
		status = EXIT_LOST;
	}
	close(fd);
	return status;
}
