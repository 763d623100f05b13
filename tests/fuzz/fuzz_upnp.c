/* SPDX-License-Identifier: MIT */
/* What a UPnP device says before its XML: the answer to a search, and HTTP. */
#include "core/http_answer.h"
#include "core/upnp.h"
#include "tests/fuzz/fuzz.h"

static void check_address(const struct web_address *address)
{
	char text[UPNP_REQUEST_SIZE];
	size_t size = upnp_get(address, text);

	FUZZ_CHECK(address->endpoint.family == MIDAIR_IPV4 && address->endpoint.port != 0);
	FUZZ_CHECK(address->path[0] == '/' && strlen(address->path) < WEB_PATH_SIZE);
	/* three lines and an empty one: nothing of the address has made another */
	FUZZ_CHECK(size > 0 && strlen(text) == size);
	for (int i = 0; i < 3; i++)
		FUZZ_CHECK(strstr(text, "\r\n") != NULL);
	FUZZ_CHECK(strstr(text, "\r\n\r\n") == text + size - 4);
}

static void check_search(const char *text, size_t size)
{
	struct web_address address, other;

	if (upnp_read_search(text, size, &address)) {
		check_address(&address);
		if (web_address_resolve(&other, &address, text, size))
			check_address(&other);
	}
}

/* However the bytes are cut on their way, the body is the same. */
static void check_answer(const uint8_t *data, size_t size)
{
	char *whole = fuzz_text(data, size);
	char *part = fuzz_text(data, size);
	struct http_answer answer = {0}, early = {0};
	enum http_progress progress = http_answer_read(whole, size, true, &answer);

	FUZZ_CHECK(progress != HTTP_ANSWER_PARTIAL);
	if (progress == HTTP_ANSWER_WHOLE)
		FUZZ_CHECK(answer.body + answer.n_body <= size);
	for (size_t cut = size / 2; cut < size; cut += 1 + size / 8) {
		if (http_answer_read(part, cut, false, &early) != HTTP_ANSWER_WHOLE)
			continue;
		FUZZ_CHECK(progress == HTTP_ANSWER_WHOLE && early.n_body == answer.n_body);
		FUZZ_CHECK(memcmp(part + early.body, whole + answer.body, answer.n_body) == 0);
		break;
	}
	free(whole);
	free(part);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	check_search(text, size);
	if (upnp_is_connection_service(text))
		FUZZ_CHECK(strlen(text) < UPNP_SERVICE_SIZE &&
			   strpbrk(text, "<>\"&\r\n ") == NULL);
	free(text);
	check_answer(data, size);
	return 0;
}
