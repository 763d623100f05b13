/* SPDX-License-Identifier: MIT */
#include "core/upnp.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ARGUMENTS_SIZE 600
#define HOST_SIZE      MIDAIR_ENDPOINT_TEXT_SIZE

/* A device of version 2 answers for version 1 too; some answer for the service alone. */
static const char *const targets[UPNP_N_TARGETS] = {
	"urn:schemas-upnp-org:device:InternetGatewayDevice:1",
	"urn:schemas-upnp-org:service:WANIPConnection:1",
};

static size_t length_of(int n, size_t size)
{
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

size_t upnp_search(unsigned int target, char text[UPNP_SEARCH_SIZE])
{
	return length_of(snprintf(text, UPNP_SEARCH_SIZE,
				  "M-SEARCH * HTTP/1.1\r\n"
				  "HOST: 239.255.255.250:1900\r\n"
				  "MAN: \"ssdp:discover\"\r\n"
				  "MX: 1\r\n"
				  "ST: %s\r\n"
				  "\r\n",
				  targets[target % UPNP_N_TARGETS]),
			 UPNP_SEARCH_SIZE);
}

static bool read_location(const char *line, size_t size, struct web_address *description)
{
	static const char name[] = "LOCATION:";
	size_t at = sizeof(name) - 1;

	if (size <= at || strncasecmp(line, name, at) != 0)
		return false;
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (size > at && line[size - 1] <= ' ')
		size--;
	return web_address_parse(description, line + at, size - at);
}

bool upnp_read_search(const char *bytes, size_t size, struct web_address *description)
{
	static const char head[] = "HTTP/1.1 200";

	if (size < sizeof(head) || memcmp(bytes, head, sizeof(head) - 1) != 0)
		return false;
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t n_line = end != NULL ? (size_t)(end - bytes) : size;

		if (read_location(bytes, n_line, description))
			return true;
		if (end == NULL)
			break;
		bytes += n_line + 1;
		size -= n_line + 1;
	}
	return false;
}

/* "192.0.2.1", without the port. */
static void format_host(const struct midair_endpoint *endpoint, char text[HOST_SIZE])
{
	snprintf(text, HOST_SIZE, "%u.%u.%u.%u", endpoint->address[0], endpoint->address[1],
		 endpoint->address[2], endpoint->address[3]);
}

size_t upnp_get(const struct web_address *address, char text[UPNP_REQUEST_SIZE])
{
	char host[HOST_SIZE];

	format_host(&address->endpoint, host);
	return length_of(snprintf(text, UPNP_REQUEST_SIZE,
				  "GET %s HTTP/1.1\r\n"
				  "Host: %s:%u\r\n"
				  "Connection: close\r\n"
				  "\r\n",
				  address->path, host, address->endpoint.port),
			 UPNP_REQUEST_SIZE);
}

static bool is_name_sign(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == ':' || c == '-' || c == '.' || c == '_';
}

bool upnp_is_connection_service(const char *service)
{
	size_t size = strnlen(service, UPNP_SERVICE_SIZE);

	if (size == UPNP_SERVICE_SIZE)
		return false;
	for (size_t i = 0; i < size; i++)
		if (!is_name_sign(service[i]))
			return false;
	return strstr(service, ":service:WANIPConnection:") != NULL ||
	       strstr(service, ":service:WANPPPConnection:") != NULL;
}

/* arguments_length: as snprintf() made them. */
static size_t call(const struct upnp_service *service, const char *action,
		   const char *arguments, int arguments_length, char text[UPNP_REQUEST_SIZE])
{
	char body[ARGUMENTS_SIZE + 512];
	char host[HOST_SIZE];
	int n;

	if (arguments_length < 0 || arguments_length >= ARGUMENTS_SIZE)
		return 0;
	n = snprintf(body, sizeof(body),
		     "<?xml version=\"1.0\"?>\r\n"
		     "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
		     "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">"
		     "<s:Body><u:%s xmlns:u=\"%s\">%s</u:%s></s:Body></s:Envelope>\r\n",
		     action, service->type, arguments, action);
	if (length_of(n, sizeof(body)) == 0)
		return 0;
	format_host(&service->control.endpoint, host);
	n = snprintf(text, UPNP_REQUEST_SIZE,
		     "POST %s HTTP/1.1\r\n"
		     "Host: %s:%u\r\n"
		     "Content-Type: text/xml; charset=\"utf-8\"\r\n"
		     "Content-Length: %zu\r\n"
		     "SOAPAction: \"%s#%s\"\r\n"
		     "Connection: close\r\n"
		     "\r\n"
		     "%s",
		     service->control.path, host, service->control.endpoint.port, strlen(body),
		     service->type, action, body);
	return length_of(n, UPNP_REQUEST_SIZE);
}

size_t upnp_ask_address(const struct upnp_service *service, char text[UPNP_REQUEST_SIZE])
{
	return call(service, "GetExternalIPAddress", "", 0, text);
}

size_t upnp_add(const struct upnp_service *service, const struct midair_endpoint *local,
		uint16_t external_port, uint32_t lifetime_s, char text[UPNP_REQUEST_SIZE])
{
	char arguments[ARGUMENTS_SIZE];
	char host[HOST_SIZE];
	int n;

	format_host(local, host);
	/* In this order: some devices do not read the names. */
	n = snprintf(arguments, sizeof(arguments),
		     "<NewRemoteHost></NewRemoteHost>"
		     "<NewExternalPort>%u</NewExternalPort>"
		     "<NewProtocol>TCP</NewProtocol>"
		     "<NewInternalPort>%u</NewInternalPort>"
		     "<NewInternalClient>%s</NewInternalClient>"
		     "<NewEnabled>1</NewEnabled>"
		     "<NewPortMappingDescription>midair</NewPortMappingDescription>"
		     "<NewLeaseDuration>%u</NewLeaseDuration>",
		     external_port, local->port, host, lifetime_s);
	return call(service, "AddPortMapping", arguments, n, text);
}

size_t upnp_delete(const struct upnp_service *service, uint16_t external_port,
		   char text[UPNP_REQUEST_SIZE])
{
	char arguments[ARGUMENTS_SIZE];
	int n = snprintf(arguments, sizeof(arguments),
			 "<NewRemoteHost></NewRemoteHost>"
			 "<NewExternalPort>%u</NewExternalPort>"
			 "<NewProtocol>TCP</NewProtocol>",
			 external_port);

	return call(service, "DeletePortMapping", arguments, n, text);
}
