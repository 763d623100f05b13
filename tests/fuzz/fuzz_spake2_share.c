/* SPDX-License-Identifier: MIT */
/* A share from a hostile peer: it is a point of the curve in the one form that we send, or it is
 * refused; afterwards the exchange is spent. */
#include "crypto/spake2.h"
#include "crypto/spake2_internal.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>

static struct spake2 *start(enum spake2_role role)
{
	static const uint8_t w[SPAKE2_SCALAR_BYTES] = {1, 2, 3};
	static const uint8_t scalar[SPAKE2_SCALAR_BYTES] = {4, 5, 6};
	const struct spake2_config config = {
		.role = role, .identity_a = "a", .identity_b = "b"};
	struct spake2 *exchange;

	FUZZ_CHECK(spake2_new_fixed(&exchange, &config, w, scalar) == 0);
	return exchange;
}

static void check_role(enum spake2_role role, const uint8_t *share)
{
	struct spake2 *exchange = start(role);
	struct spake2_transcript transcript;
	struct spake2_result result;
	const int status = spake2_meet(exchange, share, &transcript);

	FUZZ_CHECK(status == 0 || status == -EBADMSG);
	FUZZ_CHECK(spake2_finish(exchange, share, &result) == -EALREADY);
	if (status == 0) {
		const uint8_t *theirs =
			role == SPAKE2_A ? transcript.share_b : transcript.share_a;

		FUZZ_CHECK(share[0] == 2 + (theirs[SPAKE2_POINT_BYTES - 1] & 1));
		FUZZ_CHECK(memcmp(share + 1, theirs + 1, SPAKE2_SHARE_BYTES - 1) == 0);
		FUZZ_CHECK(theirs[0] == 4 && transcript.shared[0] == 4);
	}
	spake2_free(exchange);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < SPAKE2_SHARE_BYTES)
		return 0;
	/* In memory of its own size, so that a sanitizer sees what is read past its end. */
	uint8_t *const share = malloc(SPAKE2_SHARE_BYTES);
	FUZZ_CHECK(share);
	memcpy(share, data, SPAKE2_SHARE_BYTES);
	check_role(SPAKE2_A, share);
	check_role(SPAKE2_B, share);
	free(share);
	return 0;
}
