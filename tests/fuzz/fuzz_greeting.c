/* SPDX-License-Identifier: MIT */
/* A greeting is read exactly when it could have been written, and then completely. */
#include <string.h>

#include "core/greeting.h"
#include "tests/fuzz/fuzz.h"

static void check_read(const struct greeting *read, const uint8_t bytes[GREETING_BYTES])
{
	uint8_t again[GREETING_BYTES];
	struct greeting other = *read;

	greeting_encode(read, again);
	/* we are told whether the sender also speaks other versions, and forget it */
	FUZZ_CHECK(bytes[4] <= 1 && bytes[5] >= 1);
	again[4] = bytes[4];
	again[5] = bytes[5];
	FUZZ_CHECK(memcmp(again, bytes, GREETING_BYTES) == 0);
	FUZZ_CHECK(greeting_role(read, read) == MIDAIR_ROLE_NONE);
	other.nonce[bytes[89] % GREETING_NONCE_BYTES] ^= 1;
	FUZZ_CHECK(greeting_role(read, &other) != MIDAIR_ROLE_NONE);
	FUZZ_CHECK(greeting_role(read, &other) != greeting_role(&other, read));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct greeting read;
	bool is_plausible = greeting_is_plausible(data, size);
	int result;

	/* what is not plausible does not become so */
	for (size_t n = 0; n < size; n++)
		FUZZ_CHECK(greeting_is_plausible(data, n) || !is_plausible);
	if (size < GREETING_BYTES)
		return 0;
	result = greeting_decode(&read, data);
	FUZZ_CHECK(result == 0 || result == MIDAIR_E_PROTOCOL || result == MIDAIR_E_VERSION);
	FUZZ_CHECK(is_plausible || result == MIDAIR_E_PROTOCOL);
	if (result == 0)
		check_read(&read, data);
	return 0;
}
