/* SPDX-License-Identifier: MIT */
/* A check against servers that cannot, will not, or lie: it ends in time and tells what it can. */
#include <errno.h>
#include <string.h>

#include "tests/lib/fake_server.h"
#include "tests/unit/unit.h"

#define TIMEOUT_MS 700

static struct fake_server server;

/* Both in one loop. Returns how long it took. */
static uint64_t run(enum fake_manner manner, struct midair_check_report *report)
{
	const struct midair_endpoint local = own_address(1, free_port());
	const struct midair_check_config config = {
		.size = sizeof(config),
		.servers = &local,
		.n_servers = 1,
		.timeout_ms = TIMEOUT_MS,
	};
	uint64_t begin_ms = now_ms();
	struct midair_check *check;
	int result = 0;

	fake_server_open(&server, &local, manner);
	assert_int_equal(midair_check_new(&check, &config), 0);
	while (result == 0) {
		struct pollfd fds[FAKE_POLL + 1];
		size_t n = fake_server_poll(&server, fds);

		fds[n] = (struct pollfd){.fd = midair_check_fd(check), .events = POLLIN};
		assert_true(poll(fds, n + 1, PATIENCE_MS) > 0);
		fake_server_step(&server);
		result = midair_check_dispatch(check);
	}
	assert_int_equal(result, MIDAIR_E_END);
	midair_check_read(check, report);
	midair_check_free(check);
	fake_server_close(&server);
	return now_ms() - begin_ms;
}

static void a_server_without_the_capability_tells_the_address_and_the_ports(void **state)
{
	struct midair_check_report report;
	const struct midair_nat *nat = &report.nats[0];

	(void)state;
	assert_in_range(run(FAKE_HONEST, &report), 0, TIMEOUT_MS);
	assert_int_equal(nat->result, 0);
	assert_int_equal(nat->mapping, MIDAIR_MAPPING_NONE);
	assert_true(midair_endpoint_equal(&nat->local, &nat->mapped));
	/* of what is beyond this host it says nothing */
	assert_false(nat->is_server_public);
	assert_false(nat->can_probe);
	assert_int_equal(nat->filtering, MIDAIR_FILTERING_UNKNOWN);
	assert_int_equal(nat->syn_in, MIDAIR_UNKNOWN);
	assert_int_equal(report.nats[1].result, MIDAIR_E_NO_PATH);
}

static void what_is_no_server_is_told_so_in_time(void **state)
{
	static const struct {
		enum fake_manner manner;
		int result;
	} rows[] = {
		{FAKE_SILENT, MIDAIR_E_SERVER},
		{FAKE_NOT_US, MIDAIR_E_PROTOCOL},
		{FAKE_FUTURE, MIDAIR_E_VERSION},
		{FAKE_REFUSES, MIDAIR_E_BUSY},
	};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(rows); i++) {
		struct midair_check_report report;
		uint64_t elapsed_ms = run(rows[i].manner, &report);

		if (report.nats[0].result != rows[i].result)
			fail_msg("manner %u: %s, not %s", rows[i].manner,
				 midair_result_name(report.nats[0].result),
				 midair_result_name(rows[i].result));
		assert_in_range(elapsed_ms, 0, TIMEOUT_MS + 2000);
		assert_int_equal(report.nats[0].n_reaches, 0);
	}
}

static void without_a_server_the_host_is_looked_at(void **state)
{
	const struct midair_check_config config = {.size = sizeof(config)};
	struct midair_check_report report;
	size_t n_before = count_descriptors();

	(void)state;
	assert_int_equal(midair_check_run(&config, &report), 0);
	assert_int_equal(report.host.simultaneous_open, MIDAIR_YES);
	assert_int_equal(report.nats[0].result, MIDAIR_E_NO_PATH);
	assert_true(report.host.first_port < report.host.last_port);
	assert_int_equal(count_descriptors(), n_before);
}

static void nobody_there_is_refused_at_once(void **state)
{
	const struct midair_endpoint nobody = own_address(2, free_port());
	const struct midair_check_config config = {
		.size = sizeof(config), .servers = &nobody, .n_servers = 1};
	struct midair_check_report report;
	size_t n_before = count_descriptors();

	(void)state;
	assert_int_equal(midair_check_run(&config, &report), 0);
	assert_int_equal(report.nats[0].result, -ECONNREFUSED);
	assert_int_equal(count_descriptors(), n_before);
}

static void a_check_that_is_given_up_leaves_nothing(void **state)
{
	const struct midair_endpoint local = own_address(3, free_port());
	const struct midair_check_config config = {
		.size = sizeof(config), .servers = &local, .n_servers = 1};
	struct midair_check *check;
	size_t n_before;

	(void)state;
	fake_server_open(&server, &local, FAKE_SILENT);
	n_before = count_descriptors();
	assert_int_equal(midair_check_new(&check, &config), 0);
	assert_int_equal(midair_check_dispatch(check), 0);
	assert_null(midair_check_free(check));
	assert_int_equal(count_descriptors(), n_before);
	fake_server_close(&server);
}

static void what_makes_no_sense_is_refused(void **state)
{
	const struct midair_endpoint nobody = {.family = MIDAIR_IPV4};
	struct midair_endpoint many[MIDAIR_SERVERS_MAX + 1];
	const struct {
		struct midair_check_config config;
		int result;
	} rows[] = {
		{{.size = 0}, MIDAIR_E_CONFIG},
		{{.size = sizeof(rows[0].config), .n_servers = 1}, MIDAIR_E_CONFIG},
		{{.size = sizeof(rows[0].config), .servers = &nobody, .n_servers = 1},
		 MIDAIR_E_CONFIG},
		{{.size = sizeof(rows[0].config),
		  .servers = many,
		  .n_servers = MIDAIR_SERVERS_MAX + 1},
		 MIDAIR_E_LIMIT},
		{{.size = sizeof(rows[0].config), .timeout_ms = 60001}, MIDAIR_E_RANGE},
	};
	struct midair_check *check = NULL;

	(void)state;
	memset(many, 0, sizeof(many));
	for (size_t i = 0; i < N_ITEMS(rows); i++)
		assert_int_equal(midair_check_new(&check, &rows[i].config), rows[i].result);
	assert_null(check);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_server_without_the_capability_tells_the_address_and_the_ports),
		cmocka_unit_test(what_is_no_server_is_told_so_in_time),
		cmocka_unit_test(without_a_server_the_host_is_looked_at),
		cmocka_unit_test(nobody_there_is_refused_at_once),
		cmocka_unit_test(a_check_that_is_given_up_leaves_nothing),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
