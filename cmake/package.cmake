# SPDX-License-Identifier: MIT
# What is shipped: libmidair.so.0, libmidair.a, the header, midair.pc, the command, the papers.
# Both libraries are made of the same objects and show the symbols of libmidair.map only.
set(MIDAIR_MAP ${CMAKE_SOURCE_DIR}/src/lib/libmidair.map)
set(MIDAIR_OBJECTS
	$<TARGET_OBJECTS:midair_core> $<TARGET_OBJECTS:midair_os> $<TARGET_OBJECTS:midair_crypto>
	$<TARGET_OBJECTS:midair_lib>)

# ---- the shared library --------------------------------------------------------------------
add_library(midair_shared SHARED ${MIDAIR_OBJECTS})
set_target_properties(midair_shared PROPERTIES
	OUTPUT_NAME midair
	VERSION ${PROJECT_VERSION}
	SOVERSION ${PROJECT_VERSION_MAJOR}
	LINKER_LANGUAGE C
	LINK_DEPENDS ${MIDAIR_MAP})
target_link_options(midair_shared PRIVATE LINKER:--version-script=${MIDAIR_MAP})
# A sanitizer's runtime comes with the program, so its symbols are undefined here.
if(NOT MIDAIR_SANITIZE)
	target_link_options(midair_shared PRIVATE LINKER:-z,defs)
endif()
# For what they link in their turn; their own members are all here already.
target_link_libraries(midair_shared PRIVATE midair_lib)

# ---- the static library --------------------------------------------------------------------
# One relocatable object whose internal names (session_init, random_next, ...) are made local, so
# that they cannot collide with those of a program that links it.
file(READ ${MIDAIR_MAP} map_text)
string(REGEX MATCHALL "midair_[a-z0-9_]+" public_symbols "${map_text}")
list(JOIN public_symbols "\n" public_symbols)
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/public_symbols.txt CONTENT "${public_symbols}\n")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${MIDAIR_MAP})
set(MIDAIR_ONE ${CMAKE_BINARY_DIR}/midair_one.o)
add_custom_command(OUTPUT ${MIDAIR_ONE}
	COMMAND ${CMAKE_LINKER} -r -o ${MIDAIR_ONE}.all ${MIDAIR_OBJECTS}
	COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=${CMAKE_BINARY_DIR}/public_symbols.txt
		${MIDAIR_ONE}.all ${MIDAIR_ONE}
	COMMAND ${CMAKE_COMMAND} -E rm ${MIDAIR_ONE}.all
	DEPENDS ${MIDAIR_OBJECTS} ${CMAKE_BINARY_DIR}/public_symbols.txt
	COMMAND_EXPAND_LISTS VERBATIM
	COMMENT "Joining the objects of libmidair.a")
add_library(midair_static STATIC ${MIDAIR_ONE})
set_source_files_properties(${MIDAIR_ONE} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
set_target_properties(midair_static PROPERTIES OUTPUT_NAME midair LINKER_LANGUAGE C)

# ---- install -------------------------------------------------------------------------------
# midair.pc finds its prefix from its own place, so the tree can be installed anywhere and moved.
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR} OR IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
	set(MIDAIR_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
	set(MIDAIR_PC_LIBDIR ${CMAKE_INSTALL_FULL_LIBDIR})
	set(MIDAIR_PC_INCLUDEDIR ${CMAKE_INSTALL_FULL_INCLUDEDIR})
else()
	file(RELATIVE_PATH up /x/${CMAKE_INSTALL_LIBDIR}/pkgconfig /x)
	string(REGEX REPLACE "/$" "" up ${up})
	set(MIDAIR_PC_PREFIX "\${pcfiledir}/${up}")
	set(MIDAIR_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
	set(MIDAIR_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
set(MIDAIR_PC_REQUIRES "libssl >= 3.0" "libcrypto >= 3.0")
if(MNL_FOUND)
	list(APPEND MIDAIR_PC_REQUIRES libmnl)
endif()
if(MIDAIR_BPF_FOUND)
	list(APPEND MIDAIR_PC_REQUIRES libbpf)
endif()
if(MINIUPNPC_FOUND)
	list(APPEND MIDAIR_PC_REQUIRES miniupnpc)
endif()
list(JOIN MIDAIR_PC_REQUIRES ", " MIDAIR_PC_REQUIRES)
configure_file(${CMAKE_SOURCE_DIR}/cmake/midair.pc.in ${CMAKE_BINARY_DIR}/midair.pc @ONLY)

install(TARGETS midair_shared midair_static
	LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
	ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/midair DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/midair.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET midair)
	install(TARGETS midair RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

install(FILES README.md ARCHITECTURE.md NEWS.md SECURITY.md LICENSE
	DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DOCDIR}
	FILES_MATCHING PATTERN "*.c")

# file, where it goes below share/, and its name there where that is another one
function(install_share file place)
	if(EXISTS ${CMAKE_SOURCE_DIR}/${file})
		get_filename_component(name ${file} NAME)
		if(ARGC GREATER 2)
			set(name ${ARGV2})
		endif()
		install(FILES ${file} DESTINATION ${place} RENAME ${name})
	endif()
endfunction()
install_share(man/midair.1 ${CMAKE_INSTALL_MANDIR}/man1)
install_share(man/midair.3 ${CMAKE_INSTALL_MANDIR}/man3)
# bash-completion looks for a file of the command's name.
install_share(completions/midair.bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions midair)
install_share(completions/_midair ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
# The unit names the command's real place; systemd looks below lib/ whatever the library folder is.
if(TARGET midair AND EXISTS ${CMAKE_SOURCE_DIR}/contrib/midair.service)
	file(READ ${CMAKE_SOURCE_DIR}/contrib/midair.service unit_text)
	string(REPLACE "/usr/bin/midair" "${CMAKE_INSTALL_FULL_BINDIR}/midair" unit_text
		"${unit_text}")
	file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/midair.service CONTENT "${unit_text}")
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
		${CMAKE_SOURCE_DIR}/contrib/midair.service)
	install(FILES ${CMAKE_BINARY_DIR}/midair.service DESTINATION lib/systemd/system)
endif()
