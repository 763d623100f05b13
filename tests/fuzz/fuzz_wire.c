/* SPDX-License-Identifier: MIT */
/* A stream of the rendezvous protocol's messages: what is read can be written, and is the same. */
#include "core/wire.h"
#include "tests/fuzz/fuzz.h"

static void check_message(const struct wire_message *message, const uint8_t *data, size_t size)
{
	struct wire_message decoded;
	uint8_t again[WIRE_MESSAGE_MAX];
	size_t n_again = wire_encode(message, again);

	FUZZ_CHECK(n_again > 0);
	if (message->type == WIRE_HELLO && message->hello.version_max > WIRE_VERSION_MAX)
		FUZZ_CHECK(n_again <= size && memcmp(again + 4, data + 4, n_again - 4) == 0);
	else
		FUZZ_CHECK(n_again == size && memcmp(again, data, size) == 0);
	FUZZ_CHECK(wire_decode(again, n_again, &decoded) == (int)n_again);
	FUZZ_CHECK(memcmp(&decoded, message, sizeof(decoded)) == 0);
}

/* With fewer bytes the answer is that more are needed, and never that it is wrong. */
static void check_beginnings(const uint8_t *data, size_t size)
{
	struct wire_message message;

	for (size_t n = 0; n < size; n++)
		FUZZ_CHECK(wire_decode(data, n, &message) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		struct wire_message message;
		int n_bytes = wire_decode(data + at, size - at, &message);

		FUZZ_CHECK(n_bytes >= -1 && n_bytes <= WIRE_MESSAGE_MAX);
		if (n_bytes <= 0)
			break;
		FUZZ_CHECK((size_t)n_bytes <= size - at);
		check_message(&message, data + at, (size_t)n_bytes);
		check_beginnings(data + at, (size_t)n_bytes);
		at += (size_t)n_bytes;
	}
	return 0;
}
