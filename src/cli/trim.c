/* SPDX-License-Identifier: MIT */
#include "cli/trim.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* A segment that is never written has only pages of its file: the kernel maps them again when
 * they are touched. (What the linker relocates lies in a writable segment, also where it is
 * made read-only afterwards.) */
static void drop_segment(const struct dl_phdr_info *object, const ElfW(Phdr) * segment)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = object->dlpi_addr + segment->p_vaddr;
	uintptr_t end = begin + segment->p_memsz;

	if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W) != 0)
		return;
	begin = (begin + page - 1) / page * page;
	end = end / page * page;
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}

/* Text relocations would be lost with the pages that hold them. No object of ours has any. */
static int has_text_relocations(const struct dl_phdr_info *object)
{
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		const ElfW(Dyn) *entry =
			(const ElfW(Dyn) *)(object->dlpi_addr + segment->p_vaddr);

		if (segment->p_type != PT_DYNAMIC)
			continue;
		for (; entry->d_tag != DT_NULL; entry++)
			if (entry->d_tag == DT_TEXTREL ||
			    (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0))
				return 1;
	}
	return 0;
}

static int drop_object(struct dl_phdr_info *object, size_t size, void *context)
{
	(void)size;
	(void)context;
	if (has_text_relocations(object))
		return 0;
	for (int i = 0; i < object->dlpi_phnum; i++)
		drop_segment(object, &object->dlpi_phdr[i]);
	return 0;
}

void trim_memory(void)
{
	malloc_trim(0);
	dl_iterate_phdr(drop_object, NULL);
}
