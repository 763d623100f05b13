# SPDX-License-Identifier: MIT
# The socket table by BPF iterators: needs libbpf and a clang that compiles for BPF. The object
# file is made here and becomes part of the library, as bytes.
set(MIDAIR_BPF "AUTO" CACHE STRING "socket table by BPF iterators: ON, OFF, AUTO")
set(MIDAIR_BPF_FOUND OFF)

if(NOT MIDAIR_BPF STREQUAL "OFF")
	pkg_check_modules(BPF IMPORTED_TARGET libbpf>=0.7)
	find_program(MIDAIR_BPF_CLANG NAMES clang clang-19 clang-16 clang-15 clang-14)
	find_program(MIDAIR_BPF_STRIP NAMES llvm-strip llvm-strip-19 llvm-strip-16 llvm-strip-15
		llvm-strip-14)
	if(BPF_FOUND AND MIDAIR_BPF_CLANG)
		set(MIDAIR_BPF_FOUND ON)
	endif()
endif()
if(MIDAIR_BPF STREQUAL "ON" AND NOT MIDAIR_BPF_FOUND)
	message(FATAL_ERROR "MIDAIR_BPF is ON: install libbpf-dev and clang")
endif()

if(MIDAIR_BPF_FOUND)
	set(bpf_source ${CMAKE_SOURCE_DIR}/src/os/bpf_table.bpf.c)
	set(bpf_object ${CMAKE_BINARY_DIR}/bpf_table.bpf.o)
	set(bpf_bytes ${CMAKE_BINARY_DIR}/bpf_table_object.c)
	# Debug sections other than BTF are of no use to the loader.
	if(MIDAIR_BPF_STRIP)
		set(strip COMMAND ${MIDAIR_BPF_STRIP} -g ${bpf_object})
	endif()
	# libbpf's own headers come from beside the C library's, which are not for this target.
	add_custom_command(OUTPUT ${bpf_bytes}
		COMMAND ${MIDAIR_BPF_CLANG} --target=bpf -O2 -g -ffreestanding -Wall -Wextra
			-ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -fdebug-compilation-dir=.
			-I${CMAKE_SOURCE_DIR}/src ${BPF_CFLAGS} -c ${bpf_source} -o ${bpf_object}
		${strip}
		COMMAND ${CMAKE_COMMAND} -DINPUT=${bpf_object} -DOUTPUT=${bpf_bytes}
			-DNAME=bpf_table_object -DBINARY=ON -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
		DEPENDS ${bpf_source} src/os/bpf_record.h cmake/embed.cmake
		VERBATIM
		COMMENT "Compiling for BPF: bpf_table.bpf.c")
	target_sources(midair_os PRIVATE src/os/bpf_table.c ${bpf_bytes})
	target_link_libraries(midair_os PRIVATE PkgConfig::BPF)
else()
	target_sources(midair_os PRIVATE src/os/bpf_table_none.c)
endif()
