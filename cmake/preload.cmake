# SPDX-License-Identifier: MIT
# libmidair-preload.so, which runs inside other people's programs. It has no dependency but the C
# library, shows three functions only, and is never built with sanitizers: their runtime would
# have to be the program's.
get_target_property(preload_options midair_flags INTERFACE_COMPILE_OPTIONS)
list(FILTER preload_options EXCLUDE REGEX "sanitize|-fno-omit-frame-pointer")
get_target_property(preload_link_options midair_flags INTERFACE_LINK_OPTIONS)
if(NOT preload_link_options)
	set(preload_link_options "")
endif()
list(FILTER preload_link_options EXCLUDE REGEX "sanitize")

# midair_flags without sanitizers; the programs that test the library need it, too.
add_library(midair_plain INTERFACE)
target_compile_definitions(midair_plain INTERFACE _GNU_SOURCE)
target_include_directories(midair_plain INTERFACE
	${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
target_compile_options(midair_plain INTERFACE ${preload_options})
target_link_options(midair_plain INTERFACE ${preload_link_options})

set(MIDAIR_PRELOAD_DIR midair)
add_library(midair_preload SHARED
	src/core/endpoint.c
	src/core/pool.c
	src/core/random.c
	src/core/result.c
	src/lib/dial.c
	src/lib/pool.c
	src/lib/self.c
	src/os/clock.c
	src/os/dial_socket.c
	src/os/entropy.c
	src/os/port_range.c
	src/os/self_socket.c
	src/os/sockaddr.c
	src/os/socket.c
	src/os/socket_option.c
	src/os/tuple_claim.c
	src/os/tuple_state.c
	src/preload/attempt.c
	src/preload/connection.c
	src/preload/guard.c
	src/preload/lock.c
	src/preload/no_diag.c
	src/preload/note.c
	src/preload/offer.c
	src/preload/preload.c
	src/preload/real.c
	src/preload/settings.c
	src/preload/tell.c
)
target_link_libraries(midair_preload PRIVATE midair_plain ${CMAKE_DL_LIBS})
set_target_properties(midair_preload PROPERTIES
	OUTPUT_NAME midair-preload
	C_VISIBILITY_PRESET hidden)
target_compile_options(midair_preload PRIVATE -ffunction-sections -fdata-sections)
target_link_options(midair_preload PRIVATE LINKER:--wrap=connect,--wrap=bind,--wrap=close
	LINKER:--gc-sections LINKER:-z,defs LINKER:--as-needed)
add_dependencies(midair midair_preload)
target_compile_definitions(midair PRIVATE
	MIDAIR_PRELOAD_BESIDE="${CMAKE_INSTALL_LIBDIR}/${MIDAIR_PRELOAD_DIR}"
	MIDAIR_PRELOAD_PLACE="${CMAKE_INSTALL_FULL_LIBDIR}/${MIDAIR_PRELOAD_DIR}")
install(TARGETS midair_preload
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/${MIDAIR_PRELOAD_DIR})
