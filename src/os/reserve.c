/* SPDX-License-Identifier: MIT */
#include "os/reserve.h"

#include <sys/mman.h>
#include <sys/resource.h>

void *reserve_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* A huge page would count 2 MiB for the first peer. */
	(void)madvise(memory, size, MADV_NOHUGEPAGE);
	return memory;
}

uint32_t reserve_descriptors(uint32_t wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	if (limit.rlim_cur < wanted) {
		struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};

		if (raised.rlim_max < wanted)
			raised.rlim_max = wanted;
		if (setrlimit(RLIMIT_NOFILE, &raised) < 0) {
			raised = (struct rlimit){.rlim_cur = limit.rlim_max,
						 .rlim_max = limit.rlim_max};
			(void)setrlimit(RLIMIT_NOFILE, &raised);
		}
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 0;
	return limit.rlim_cur > UINT32_MAX ? UINT32_MAX : (uint32_t)limit.rlim_cur;
}
