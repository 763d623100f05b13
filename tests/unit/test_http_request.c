/* SPDX-License-Identifier: MIT */
#include "core/http_request.h"

#include <string.h>

#include "tests/unit/unit.h"

static void a_request_is_read_when_its_head_has_ended(void **state)
{
	static const struct {
		const char *text;
		enum http_request request;
	} rows[] = {
		{"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", HTTP_METRICS},
		{"GET /metrics HTTP/1.0\r\n\r\n", HTTP_METRICS},
		{"GET /metrics HTTP/1.0\n\n", HTTP_METRICS},
		{"GET /metrics?x=1 HTTP/1.1\r\n\r\n", HTTP_METRICS},
		{"GET /health HTTP/1.1\r\n\r\nGET /metrics", HTTP_HEALTH},
		{"GET / HTTP/1.1\r\n\r\n", HTTP_NOT_FOUND},
		{"GET /metricsx HTTP/1.1\r\n\r\n", HTTP_NOT_FOUND},
		{"GET /metric HTTP/1.1\r\n\r\n", HTTP_NOT_FOUND},
		{"GET /../metrics HTTP/1.1\r\n\r\n", HTTP_NOT_FOUND},
		{"POST /metrics HTTP/1.1\r\n\r\n", HTTP_NOT_GET},
		{"get /metrics HTTP/1.1\r\n\r\n", HTTP_NOT_GET},
		{"GET /metrics HTTP/2.0\r\n\r\n", HTTP_BAD},
		{"GET /metrics\r\n\r\n", HTTP_BAD},
		{"GET  HTTP/1.1\r\n\r\n", HTTP_BAD},
		{" /metrics HTTP/1.1\r\n\r\n", HTTP_BAD},
		{"\r\n\r\n", HTTP_BAD},
		{"\n\n", HTTP_BAD},
		{"", HTTP_UNFINISHED},
		{"GET /metrics HTTP/1.1\r\nHost: a\r\n", HTTP_UNFINISHED},
		{"GET /metrics HTTP/1.1\r\n\r", HTTP_UNFINISHED},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		EXPECT(http_request_read(rows[i].text, strlen(rows[i].text)) == rows[i].request,
		       rows[i].text);
}

static void a_head_without_an_end_is_bad_at_last(void **state)
{
	static char bytes[HTTP_HEAD_MAX];

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(http_request_read(bytes, sizeof(bytes) - 1), HTTP_UNFINISHED);
	assert_int_equal(http_request_read(bytes, sizeof(bytes)), HTTP_BAD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_when_its_head_has_ended),
		cmocka_unit_test(a_head_without_an_end_is_bad_at_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
