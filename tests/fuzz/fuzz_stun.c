/* SPDX-License-Identifier: MIT */
/* STUN, both halves: every answer is well-formed, and what the server says is what is read. */
#include "core/stun.h"
#include "tests/fuzz/fuzz.h"

static void check_server(const uint8_t *data, size_t size)
{
	const struct midair_endpoint observed = {
		.family = MIDAIR_IPV4, .address = {192, 0, 2, 1}, .port = 1314};
	uint8_t answer[STUN_MESSAGE_MAX];
	uint8_t none[STUN_MESSAGE_MAX];
	struct midair_endpoint mapped;
	size_t n_bytes = stun_answer(data, size, &observed, answer);

	FUZZ_CHECK(n_bytes <= sizeof(answer));
	if (n_bytes == 0)
		return;
	FUZZ_CHECK(stun_size(answer, n_bytes) == (int)n_bytes);
	/* nobody answers an answer, or two servers would never stop */
	FUZZ_CHECK(stun_answer(answer, n_bytes, &observed, none) == 0);
	if (answer[1] != 1)
		return;
	FUZZ_CHECK(stun_read_answer(answer, n_bytes, data + 8, &mapped));
	FUZZ_CHECK(midair_endpoint_equal(&mapped, &observed));
}

static void check_client(const uint8_t *data, size_t size)
{
	struct midair_endpoint mapped = {.port = 0};

	if (stun_read_answer(data, size, data + 8, &mapped))
		FUZZ_CHECK(mapped.port != 0 && mapped.family != 0);
	else
		FUZZ_CHECK(mapped.port == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int needed = stun_size(data, size);

	FUZZ_CHECK(needed >= -1 && needed <= STUN_MESSAGE_MAX);
	FUZZ_CHECK(needed <= 0 || (needed >= STUN_HEADER_BYTES && needed % 4 == 0));
	check_server(data, size);
	if (size >= STUN_HEADER_BYTES)
		check_client(data, size);
	return 0;
}
