/* SPDX-License-Identifier: MIT */
#include "router_liar.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/cleanup.h"

#define UDP_PORT    5351
#define SEARCH_PORT 1900
#define WEB_PORT    5000
#define LIFETIME_S  600
#define N_NOISE	    200
#define WEB_HEAD    "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"

static const uint8_t public_address[4] = {4, 5, 6, 7};
static const uint8_t private_address[4] = {192, 168, 3, 4};
static const uint8_t multicast_address[4] = {224, 0, 0, 9};

static int bound(int type, uint16_t port)
{
	const int one = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		_exit(1);
	if (type == SOCK_STREAM && listen(fd, 8) < 0)
		_exit(1);
	return fd;
}

static const uint8_t *address_of(enum liar_udp lie)
{
	if (lie == LIAR_PRIVATE)
		return private_address;
	return lie == LIAR_MULTICAST ? multicast_address : public_address;
}

static uint32_t lifetime_of(enum liar_udp lie)
{
	if (lie == LIAR_NO_LIFETIME)
		return 0;
	return htonl(lie == LIAR_SHORT ? 1 : LIFETIME_S);
}

static void lie_in_port(enum liar_udp lie, uint8_t *inner, uint8_t *outer)
{
	if (lie == LIAR_OTHER_PORT)
		inner[1] ^= 1;
	if (lie == LIAR_NO_PORT)
		memset(outer, 0, 2);
}

/* An answer is the request with the answer's bit and what is granted. */
static size_t answer_pcp(enum liar_udp lie, uint8_t *bytes, size_t size)
{
	bool is_map = (bytes[1] & 0x7f) == 1;
	uint32_t lifetime = lifetime_of(lie);

	if (size < 24 || (lie == LIAR_HANGS_LATER && is_map))
		return 0;
	bytes[1] |= 0x80;
	memset(bytes + 8, 0, 16);
	if (lie == LIAR_UNSPOKEN)
		bytes[3] = 1;
	if (!is_map)
		return size;
	if (lie == LIAR_REFUSES)
		bytes[3] = 2;
	/* what is to be closed is closed */
	if (memcmp(bytes + 4, "\0\0\0", 4) != 0)
		memcpy(bytes + 4, &lifetime, 4);
	memset(bytes + 44, 0, 10);
	memset(bytes + 54, 0xff, 2);
	memcpy(bytes + 56, address_of(lie), 4);
	lie_in_port(lie, bytes + 40, bytes + 42);
	if (lie == LIAR_OTHER_NONCE)
		bytes[24] ^= 1;
	return lie == LIAR_CUT ? size / 2 : size;
}

static size_t answer_nat_pmp(enum liar_udp lie, uint8_t *bytes, size_t size)
{
	bool is_map = bytes[1] == 2;
	uint32_t lifetime = lifetime_of(lie);
	uint8_t asked[12] = {0};

	if (size < 2 || (lie == LIAR_HANGS_LATER && is_map))
		return 0;
	memcpy(asked, bytes, size < 12 ? size : 12);
	memset(bytes, 0, 16);
	bytes[1] = (uint8_t)(asked[1] | 0x80);
	if (lie == LIAR_REFUSES || lie == LIAR_UNSPOKEN)
		bytes[3] = lie == LIAR_REFUSES ? 2 : 1;
	if (!is_map) {
		memcpy(bytes + 8, address_of(lie), 4);
		return lie == LIAR_CUT ? 6 : 12;
	}
	memcpy(bytes + 8, asked + 4, 4);
	lie_in_port(lie, bytes + 8, bytes + 10);
	if (memcmp(asked + 8, "\0\0\0", 4) != 0)
		memcpy(bytes + 12, &lifetime, 4);
	return 16;
}

static void noise(int fd, const struct sockaddr_in *to)
{
	uint8_t bytes[1400];

	for (size_t i = 0; i < N_NOISE; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		sendto(fd, bytes, i * 7, 0, (const struct sockaddr *)to, sizeof(*to));
	}
}

static void on_udp(const struct liar_config *config, int fd)
{
	uint8_t bytes[1500];
	struct sockaddr_in from;
	socklen_t n_from = sizeof(from);
	ssize_t n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &n_from);
	bool is_pcp = n > 0 && bytes[0] == 2;
	enum liar_udp lie = is_pcp ? config->pcp : config->nat_pmp;
	size_t size = 0;

	if (n <= 0 || lie == LIAR_SILENT || lie == LIAR_CLOSED)
		return;
	if (lie == LIAR_NOISE)
		noise(fd, &from);
	else
		size = is_pcp ? answer_pcp(lie, bytes, (size_t)n)
			      : answer_nat_pmp(lie, bytes, (size_t)n);
	if (size > 0)
		sendto(fd, bytes, size, 0, (struct sockaddr *)&from, sizeof(from));
}

static void on_search(const struct liar_config *config, int fd)
{
	char text[1500];
	struct sockaddr_in from;
	socklen_t n_from = sizeof(from);
	int n;

	if (recvfrom(fd, text, sizeof(text), 0, (struct sockaddr *)&from, &n_from) <= 0 ||
	    config->web == LIAR_WEB_NONE)
		return;
	n = snprintf(text, sizeof(text),
		     "HTTP/1.1 200 OK\r\nLOCATION: http://127.0.0.%d:%d/d\r\n\r\n",
		     config->web == LIAR_WEB_ELSEWHERE ? 2 : 1,
		     config->web == LIAR_WEB_REFUSES_CONNECTION ? WEB_PORT + 1 : WEB_PORT);
	sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&from, sizeof(from));
}

static void write_text(int fd, const char *text)
{
	(void)!write(fd, text, strlen(text));
}

static void write_answer(const struct liar_config *config, int fd, const char *status,
			 const char *body)
{
	char text[2048];

	if (config->web == LIAR_WEB_CHUNKED)
		snprintf(
			text, sizeof(text),
			"HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%.5s\r\n%zx\r\n%s"
			"\r\n0\r\n\r\n",
			status, body, strlen(body) - 5, body + 5);
	else
		snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s",
			 status, strlen(body), body);
	write_text(fd, text);
}

static void describe(const struct liar_config *config, int fd)
{
	char body[1024];

	snprintf(body, sizeof(body),
		 "<?xml version=\"1.0\"?><root><device><deviceType>urn:schemas-upnp-org:device:"
		 "InternetGatewayDevice:1</deviceType><serviceList><service><serviceType>"
		 "urn:schemas-upnp-org:service:WANIPConnection:1</serviceType><controlURL>%s/c"
		 "</controlURL><eventSubURL>/e</eventSubURL><SCPDURL>/s</SCPDURL></service>"
		 "</serviceList></device></root>",
		 config->web == LIAR_WEB_SERVICE_ELSEWHERE ? "http://127.0.0.2:5000" : "");
	write_answer(config, fd, "200 OK", body);
}

static void tell_address(const struct liar_config *config, int fd)
{
	const char *address = config->web == LIAR_WEB_PRIVATE ? "10.1.2.3" : "4.5.6.7";
	char body[512];

	snprintf(
		body, sizeof(body),
		"<s:Envelope><s:Body><u:R><NewExternalIPAddress>%s</NewExternalIPAddress></u:R>"
		"</s:Body></s:Envelope>",
		config->web == LIAR_WEB_NO_ADDRESS ? "your.router.example" : address);
	write_answer(config, fd, "200 OK", body);
}

static void add_port(const struct liar_config *config, int fd)
{
	static int n_asked;
	int error = 0;

	n_asked++;
	if (config->web == LIAR_WEB_PERMANENT_ONLY)
		error = 725;
	else if (config->web == LIAR_WEB_CONFLICT && n_asked <= 2)
		error = 718;
	if (error != 0) {
		char body[256];

		snprintf(
			body, sizeof(body),
			"<s:Envelope><s:Body><s:Fault><detail><UPnPError><errorCode>%d</errorCode>"
			"</UPnPError></detail></s:Fault></s:Body></s:Envelope>",
			error);
		write_answer(config, fd, "500 Internal Server Error", body);
		return;
	}
	write_answer(config, fd, "200 OK", "<s:Envelope><s:Body/></s:Envelope>");
}

/* Until the other side has had enough. */
static void pour(int fd, const char *text, size_t n_times, int pause_ms)
{
	struct pollfd end = {.fd = fd, .events = POLLRDHUP};

	for (size_t i = 0; i < n_times; i++) {
		if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
			return;
		if (pause_ms > 0 && poll(&end, 1, pause_ms) > 0)
			return;
	}
}

static bool is_rude(const struct liar_config *config, int fd)
{
	switch (config->web) {
	case LIAR_WEB_HANGS:
		/* kept open, and forgotten */
		(void)!dup(fd);
		return true;
	case LIAR_WEB_DRIPS:
		pour(fd, "H", 100, 100);
		return true;
	case LIAR_WEB_ENDLESS:
		write_text(fd, WEB_HEAD "\r\n");
		pour(fd, "<root><device><service>", 1000000, 0);
		return true;
	case LIAR_WEB_BROKEN_XML:
		write_answer(config, fd, "200 OK",
			     "<root><device <<<serviceType>\"<![CDATA[</");
		return true;
	case LIAR_WEB_DEEP_XML:
		write_text(fd, WEB_HEAD "\r\n");
		pour(fd, "<a>", 5000, 0);
		return true;
	case LIAR_WEB_LONG_NAMES:
		write_text(fd, WEB_HEAD "\r\n<root><device><");
		pour(fd, "serviceTypeserviceType", 500, 0);
		write_text(fd, ">");
		pour(fd, "urn:service:WANIPConnection:", 500, 0);
		return true;
	case LIAR_WEB_NOT_HTTP:
		write_text(fd, "SSH-2.0-liar\r\n\r\n");
		return true;
	case LIAR_WEB_HUGE_LENGTH:
		write_text(
			fd,
			"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n<a>");
		return true;
	case LIAR_WEB_NONE:
	case LIAR_WEB_HONEST:
	case LIAR_WEB_ELSEWHERE:
	case LIAR_WEB_SERVICE_ELSEWHERE:
	case LIAR_WEB_REFUSES_CONNECTION:
	case LIAR_WEB_PRIVATE:
	case LIAR_WEB_NO_ADDRESS:
	case LIAR_WEB_CONFLICT:
	case LIAR_WEB_PERMANENT_ONLY:
	case LIAR_WEB_CHUNKED:
		break;
	}
	return false;
}

static void on_web(const struct liar_config *config, int listener)
{
	_cleanup_close_ int fd = accept(listener, NULL, NULL);
	char text[4096] = "";

	if (fd < 0 || recv(fd, text, sizeof(text) - 1, 0) <= 0)
		return;
	if (is_rude(config, fd))
		return;
	if (strncmp(text, "GET ", 4) == 0)
		describe(config, fd);
	else if (strstr(text, "#GetExternalIPAddress") != NULL)
		tell_address(config, fd);
	else if (strstr(text, "#AddPortMapping") != NULL)
		add_port(config, fd);
	else
		write_answer(config, fd, "200 OK", "<s:Envelope><s:Body/></s:Envelope>");
}

int liar_main(void *context)
{
	const struct liar_config *config = context;
	bool has_udp = config->pcp != LIAR_CLOSED || config->nat_pmp != LIAR_CLOSED;
	struct pollfd fds[] = {
		{.fd = has_udp ? bound(SOCK_DGRAM, UDP_PORT) : -1, .events = POLLIN},
		{.fd = bound(SOCK_DGRAM, SEARCH_PORT), .events = POLLIN},
		{.fd = bound(SOCK_STREAM, WEB_PORT), .events = POLLIN},
	};

	write_text(STDOUT_FILENO, "ready\n");
	while (poll(fds, 3, 60000) > 0) {
		if (fds[0].revents != 0)
			on_udp(config, fds[0].fd);
		if (fds[1].revents != 0)
			on_search(config, fds[1].fd);
		if (fds[2].revents != 0)
			on_web(config, fds[2].fd);
	}
	return 0;
}
