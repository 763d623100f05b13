/* SPDX-License-Identifier: MIT */
#include "midair/midair.h"
#include "os/port_range.h"
#include "tests/unit/unit.h"

static const struct {
	const char *text;
	int result;
	uint32_t n_ports;
	uint16_t has, lacks;
} lists[] = {
	{"", 0, 0, 0, 1},
	{"\n", 0, 0, 0, 1},
	{"8080\n", 0, 1, 8080, 8081},
	{"8080,9148-9150", 0, 4, 9149, 9151},
	{"0-65535", 0, 65536, 65535, 0},
	{"65535", 0, 1, 65535, 65534},
	{"64-64,128", 0, 2, 128, 127},
	{"65536", MIDAIR_E_SYNTAX, 0, 0, 0},
	{"-3", MIDAIR_E_SYNTAX, 0, 0, 0},
	{"5-", MIDAIR_E_SYNTAX, 0, 0, 0},
	{"5--7", MIDAIR_E_SYNTAX, 0, 0, 0},
	{"9-8", MIDAIR_E_SYNTAX, 0, 0, 0},
	{"http", MIDAIR_E_SYNTAX, 0, 0, 0},
	{"99999999999999999999", MIDAIR_E_SYNTAX, 0, 0, 0},
};

static void a_list_of_reserved_ports_is_read(void **state)
{
	const struct port_range all = {0, 65535};

	(void)state;
	for (size_t i = 0; i < N_ITEMS(lists); i++) {
		struct port_set set = {.bits = {0}};

		EXPECT(port_set_parse(&set, lists[i].text) == lists[i].result, lists[i].text);
		EXPECT(port_set_count(&set, &all) == lists[i].n_ports, lists[i].text);
		if (lists[i].n_ports == 0)
			continue;
		EXPECT(port_set_has(&set, lists[i].has), lists[i].text);
		EXPECT(lists[i].n_ports == 65536 || !port_set_has(&set, lists[i].lacks),
		       lists[i].text);
	}
}

static void only_the_range_is_counted(void **state)
{
	struct port_set set = {.bits = {0}};

	(void)state;
	port_set_add(&set, 99);
	port_set_add(&set, 100);
	port_set_add(&set, 200);
	port_set_add(&set, 201);
	assert_int_equal(port_set_count(&set, &(struct port_range){100, 200}), 2);
}

static void this_machine_has_a_range(void **state)
{
	struct port_range range;
	int timestamps, none = 5;

	(void)state;
	assert_int_equal(port_range_read(&range), 0);
	assert_true(range.first <= range.last);
	assert_int_equal(port_range_read_setting("tcp_timestamps", &timestamps), 0);
	assert_true(port_range_read_setting("no_such_setting", &none) < 0);
	assert_int_equal(none, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_of_reserved_ports_is_read),
		cmocka_unit_test(only_the_range_is_counted),
		cmocka_unit_test(this_machine_has_a_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
