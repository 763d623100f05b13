# SPDX-License-Identifier: MIT
# Hardening for the release build: MIDAIR_HARDEN=ON. Each flag is asked for first, since the set
# differs between processors and compilers.
option(MIDAIR_HARDEN "stack protector, fortified libc, full RELRO, control-flow protection" OFF)

if(MIDAIR_HARDEN)
	foreach(flag IN ITEMS -fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
		string(MAKE_C_IDENTIFIER "MIDAIR_HAS${flag}" known)
		check_c_compiler_flag(${flag} ${known})
		if(${known})
			target_compile_options(midair_flags INTERFACE ${flag})
		endif()
	endforeach()
	# Some distributions' compilers define it already, which a second definition trips over.
	target_compile_options(midair_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
	target_link_options(midair_flags INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack)

	# No path of the build machine in a binary (assertions, debug information).
	target_compile_options(midair_flags INTERFACE -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)

	include(CheckPIESupported)
	check_pie_supported(LANGUAGES C)
endif()
