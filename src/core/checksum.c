/* SPDX-License-Identifier: MIT */
#include "core/checksum.h"

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t checksum_add(uint16_t a, uint16_t b)
{
	return fold((uint32_t)a + b);
}

/* n_bytes is at most 65,535 here, so the 32-bit sum cannot overflow. */
uint16_t checksum_sum(const uint8_t *bytes, size_t n_bytes)
{
	uint32_t sum = 0;
	size_t i = 0;

	for (; i + 1 < n_bytes; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	if (i < n_bytes)
		sum += (uint32_t)bytes[i] << 8;
	return fold(sum);
}

void checksum_mend(uint8_t stored[2], uint16_t before, uint16_t after)
{
	uint16_t old = (uint16_t)(stored[0] << 8 | stored[1]);
	uint16_t sum = checksum_add((uint16_t)~old, checksum_add((uint16_t)~before, after));
	uint16_t mended = (uint16_t)~sum;

	stored[0] = (uint8_t)(mended >> 8);
	stored[1] = (uint8_t)mended;
}
