/* SPDX-License-Identifier: MIT */
/* What is said to a UPnP device, and what it says: searches, URLs, HTTP. */
#include "core/upnp.h"

#include "core/http_answer.h"
#include "tests/unit/unit.h"

#include <string.h>

static const struct {
	const char *text, *endpoint, *path;
} urls[] = {
	{"http://192.168.1.1:5000/root.xml", "192.168.1.1:5000", "/root.xml"},
	{"HTTP://192.168.1.1/x?y=1", "192.168.1.1:80", "/x?y=1"},
	{"http://192.168.1.1:5000", "192.168.1.1:5000", "/"},
	{"https://192.168.1.1/", NULL, NULL},
	{"http://router/", NULL, NULL},
	{"http://192.168.1.1.example/", NULL, NULL},
	{"http://[fe80::1]/", NULL, NULL},
	{"http://user@192.168.1.1/", NULL, NULL},
	{"http://192.168.1.1:0/", NULL, NULL},
	{"http://192.168.1.1:70000/", NULL, NULL},
	{"http://192.168.1.1/a b", NULL, NULL},
	{"http://192.168.1.1/a\r\nHost: x", NULL, NULL},
	{"http:///", NULL, NULL},
	{"http://", NULL, NULL},
	{"", NULL, NULL},
};

static void urls_name_an_address_or_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(urls); i++) {
		struct web_address address = {.path = "untouched"};
		struct midair_endpoint expected;
		bool is_good = web_address_parse(&address, urls[i].text, strlen(urls[i].text));

		EXPECT(is_good == (urls[i].endpoint != NULL), urls[i].text);
		if (!is_good) {
			EXPECT(strcmp(address.path, "untouched") == 0, urls[i].text);
			continue;
		}
		assert_int_equal(midair_endpoint_parse(&expected, urls[i].endpoint), 0);
		EXPECT(midair_endpoint_equal(&address.endpoint, &expected), urls[i].text);
		EXPECT(strcmp(address.path, urls[i].path) == 0, urls[i].text);
	}
}

static void a_path_is_resolved_on_its_own_server(void **state)
{
	struct web_address base, resolved;
	char path[WEB_PATH_SIZE];

	(void)state;
	assert_true(web_address_parse(&base, "http://10.0.0.1:5000/d", 22));
	assert_true(web_address_resolve(&resolved, &base, "/ctl", 4));
	assert_true(midair_endpoint_equal(&resolved.endpoint, &base.endpoint));
	assert_string_equal(resolved.path, "/ctl");
	assert_true(web_address_resolve(&resolved, &base, "ctl", 3));
	assert_string_equal(resolved.path, "/ctl");
	assert_true(web_address_resolve(&resolved, &base, "http://10.0.0.2/x", 17));
	assert_int_equal(resolved.endpoint.address[3], 2);
	assert_false(web_address_resolve(&resolved, &base, "", 0));
	memset(path, 'a', sizeof(path));
	assert_false(web_address_resolve(&resolved, &base, path, sizeof(path)));
	assert_true(web_address_resolve(&resolved, &base, path, sizeof(path) - 2));
	assert_int_equal(strlen(resolved.path), sizeof(path) - 1);
}

static const struct {
	const char *text;
	bool is_good;
} searches[] = {
	{"HTTP/1.1 200 OK\r\nST: x\r\nLocation: http://10.0.0.1:5000/d\r\n\r\n", true},
	{"HTTP/1.1 200 OK\nLOCATION:http://10.0.0.1:5000/d", true},
	{"HTTP/1.1 404 No\r\nLOCATION: http://10.0.0.1:5000/d\r\n\r\n", false},
	{"NOTIFY * HTTP/1.1\r\nLOCATION: http://10.0.0.1:5000/d\r\n\r\n", false},
	{"HTTP/1.1 200 OK\r\nX-LOCATION: http://10.0.0.1:5000/d\r\n\r\n", false},
	{"HTTP/1.1 200 OK\r\nLOCATION:\r\n\r\n", false},
	{"HTTP/1.1 200", false},
	{"", false},
};

static void a_search_is_answered_with_a_location(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(searches); i++) {
		struct web_address address;

		EXPECT(upnp_read_search(searches[i].text, strlen(searches[i].text), &address) ==
			       searches[i].is_good,
		       searches[i].text);
		if (searches[i].is_good)
			EXPECT(strcmp(address.path, "/d") == 0, searches[i].text);
	}
}

static void a_call_says_its_own_length(void **state)
{
	struct upnp_service service = {
		.type = "urn:schemas-upnp-org:service:WANIPConnection:1"};
	const struct midair_endpoint local = {
		.family = MIDAIR_IPV4, .address = {10, 0, 0, 7}, .port = 1314};
	char text[UPNP_REQUEST_SIZE];
	struct http_answer answer;
	size_t size;

	(void)state;
	assert_true(web_address_parse(&service.control, "http://10.0.0.1:5000/ctl", 24));
	size = upnp_add(&service, &local, 4242, 600, text);
	assert_int_equal(size, strlen(text));
	assert_non_null(strstr(text, "POST /ctl HTTP/1.1\r\nHost: 10.0.0.1:5000\r\n"));
	assert_non_null(strstr(text, "<NewExternalPort>4242</NewExternalPort>"));
	assert_non_null(strstr(text, "<NewInternalClient>10.0.0.7</NewInternalClient>"));
	assert_non_null(strstr(text, "<NewLeaseDuration>600</NewLeaseDuration>"));
	/* as an answer its body would be whole, and not a byte shorter */
	memcpy(text, "HTTP/1.1 200", 12);
	assert_int_equal(http_answer_read(text, size, false, &answer), HTTP_ANSWER_WHOLE);
	assert_int_equal(answer.body + answer.n_body, size);
	assert_int_equal(http_answer_read(text, size - 1, false, &answer), HTTP_ANSWER_PARTIAL);
	assert_true(upnp_delete(&service, 4242, text) > 0);
	assert_non_null(strstr(text, "#DeletePortMapping\""));
	assert_null(strstr(text, "NewInternalClient"));
}

static void a_request_without_room_is_none(void **state)
{
	struct upnp_service service;
	char text[UPNP_REQUEST_SIZE];

	(void)state;
	memset(&service, 'x', sizeof(service));
	service.control.path[WEB_PATH_SIZE - 1] = '\0';
	service.type[UPNP_SERVICE_SIZE - 1] = '\0';
	/* the longest path and type still fit */
	assert_true(upnp_ask_address(&service, text) < UPNP_REQUEST_SIZE);
	assert_int_equal(strlen(text), upnp_ask_address(&service, text));
}

static void only_a_connection_service_is_called(void **state)
{
	(void)state;
	assert_true(
		upnp_is_connection_service("urn:schemas-upnp-org:service:WANIPConnection:2"));
	assert_true(
		upnp_is_connection_service("urn:schemas-upnp-org:service:WANPPPConnection:1"));
	assert_false(
		upnp_is_connection_service("urn:schemas-upnp-org:service:Layer3Forwarding:1"));
	assert_false(upnp_is_connection_service("urn:service:WANIPConnection:1\"><evil/>"));
	assert_false(upnp_is_connection_service("urn:service:WANIPConnection:1\r\nX: y"));
	assert_false(upnp_is_connection_service(""));
}

static const struct {
	const char *text;
	const char *body; /* NULL: not whole */
	bool is_end, is_bad;
} answers[] = {
	{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false, false},
	{"HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\nabcd", "abc", false, false},
	{"HTTP/1.0 200 OK\n\nabc", "abc", true, false},
	{"HTTP/1.0 200 OK\n\nabc", NULL, false, false},
	{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", NULL, false, false},
	{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", NULL, true, true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\nabc", NULL, false, true},
	{"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551619\r\n\r\nabc", NULL, false,
	 true},
	{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc", NULL, false, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n",
	 "abc", false, false},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n", NULL,
	 false, false},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nab\r\n", NULL, false, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", NULL, false,
	 true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nab", NULL, true, true},
	{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab", NULL,
	 false, true},
	{"HTTP/1.1 200 OK\r\nX: y", NULL, false, false},
	{"HTTP/1.1 200 OK\r\nX: y", NULL, true, true},
	{"HTTP/1.1 2x0 OK\r\n\r\n", NULL, false, true},
	{"SSH-2.0-x\r\n\r\n", NULL, false, true},
	{"", NULL, false, false},
};

static void a_body_is_whole_or_not_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ITEMS(answers); i++) {
		size_t size = strlen(answers[i].text);
		char bytes[256];
		struct http_answer answer;
		enum http_progress progress;

		memcpy(bytes, answers[i].text, size);
		progress = http_answer_read(bytes, size, answers[i].is_end, &answer);
		EXPECT((progress == HTTP_ANSWER_BAD) == answers[i].is_bad, answers[i].text);
		EXPECT((progress == HTTP_ANSWER_WHOLE) == (answers[i].body != NULL),
		       answers[i].text);
		if (answers[i].body == NULL)
			continue;
		EXPECT(answer.status == 200, answers[i].text);
		EXPECT(answer.n_body == strlen(answers[i].body), answers[i].text);
		EXPECT(memcmp(bytes + answer.body, answers[i].body, answer.n_body) == 0,
		       answers[i].text);
	}
}

static void a_head_without_end_is_given_up(void **state)
{
	static char bytes[HTTP_ANSWER_MAX];
	struct http_answer answer;

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes, "HTTP/1.1 200 OK\r\n", 17);
	assert_int_equal(http_answer_read(bytes, sizeof(bytes) - 1, false, &answer),
			 HTTP_ANSWER_PARTIAL);
	assert_int_equal(http_answer_read(bytes, sizeof(bytes), false, &answer),
			 HTTP_ANSWER_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_name_an_address_or_nothing),
		cmocka_unit_test(a_path_is_resolved_on_its_own_server),
		cmocka_unit_test(a_search_is_answered_with_a_location),
		cmocka_unit_test(a_call_says_its_own_length),
		cmocka_unit_test(a_request_without_room_is_none),
		cmocka_unit_test(only_a_connection_service_is_called),
		cmocka_unit_test(a_body_is_whole_or_not_there),
		cmocka_unit_test(a_head_without_end_is_given_up),
	};

	return cmocka_run_group_tests_name("upnp", tests, NULL, NULL);
}
