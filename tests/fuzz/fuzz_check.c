/* SPDX-License-Identifier: MIT */
/* A server and a network that do anything to a check: no more dials than an honest server gets,
 * none to a place that makes no sense, and an end. Each event is a byte for its kind, one for its
 * link, one for a value, and a message's bytes where it is one. */
#include <errno.h>
#include <string.h>

#include "core/check.h"
#include "tests/fuzz/fuzz.h"

struct run {
	struct check check;
	uint64_t now_ms;
	uint32_t n_dials;
	uint32_t n_probes;
};

static const struct midair_endpoint server = {
	.family = MIDAIR_IPV4, .address = {192, 0, 2, 1}, .port = 1314};

static void feed(struct run *run, const struct check_event *event)
{
	static struct check_update update;

	check_step(&run->check, run->now_ms, event, &update);
	FUZZ_CHECK(update.n_actions <= CHECK_ACTIONS_MAX);
	for (uint32_t i = 0; i < update.n_actions; i++) {
		const struct check_action *action = &update.actions[i];

		FUZZ_CHECK(action->link < CHECK_LINKS && action->slot < CHECK_SLOTS);
		if (action->type == CHECK_DIAL)
			FUZZ_CHECK(check_is_plausible(&server, &action->remote));
		run->n_dials += action->type == CHECK_DIAL;
		run->n_probes +=
			action->type == CHECK_SEND && action->message.type == WIRE_PROBE;
	}
	FUZZ_CHECK(run->n_dials <= CHECK_LINKS && run->n_probes <= CHECK_PROBES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct check_config config = {.server = server, .timeout_ms = 4000};
	struct nat_report report;
	struct run run = {.now_ms = 1};

	check_init(&run.check, &config, run.now_ms);
	feed(&run, &(struct check_event){.type = CHECK_BEGIN});
	while (size >= 3) {
		struct wire_message message;
		struct check_event event = {
			.type = (enum check_event_type)(1 + data[0] % CHECK_TICK),
			.link = data[1] % CHECK_LINKS,
			.slot = data[1] % CHECK_SLOTS,
			.result = data[2] % 2 ? -ECONNREFUSED : -ECONNRESET,
			.local = server,
			.remote = server,
			.message = &message,
		};
		int n_bytes;

		event.local.port = (uint16_t)(data[1] << 8 | data[2]);
		run.now_ms += data[2] % 64;
		data += 3;
		size -= 3;
		if (event.type == CHECK_MESSAGE) {
			n_bytes = wire_decode(data, size, &message);
			if (n_bytes <= 0)
				break;
			data += n_bytes;
			size -= (size_t)n_bytes;
		}
		feed(&run, &event);
		(void)check_report(&run.check, &report);
	}
	run.now_ms += config.timeout_ms;
	feed(&run, &(struct check_event){.type = CHECK_TICK});
	FUZZ_CHECK(run.check.is_done && check_deadline_ms(&run.check) == UINT64_MAX);
	return 0;
}
