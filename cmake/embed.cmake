# SPDX-License-Identifier: MIT
# cmake -DINPUT=FILE -DOUTPUT=FILE.c -DNAME=SYMBOL -P embed.cmake
# With -DBINARY=ON an array of unsigned char and its size, SYMBOL_size.
# Writes a C file that holds the input as a NUL-terminated array of char. (A string literal would
# break the length that C11 promises.)
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
if(BINARY)
	file(WRITE ${OUTPUT}
		"/* SPDX-License-Identifier: MIT */\n"
		"#include <stddef.h>\n"
		"extern const unsigned char ${NAME}[];\n"
		"extern const size_t ${NAME}_size;\n"
		"const unsigned char ${NAME}[] __attribute__((aligned(8))) = {\n${bytes}0};\n"
		"const size_t ${NAME}_size = sizeof(${NAME}) - 1;\n")
	return()
endif()
file(WRITE ${OUTPUT}
	"/* SPDX-License-Identifier: MIT */\n"
	"extern const char ${NAME}[];\n"
	"const char ${NAME}[] = {\n${bytes}0};\n")
