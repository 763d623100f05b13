#!/bin/sh
# SPDX-License-Identifier: MIT
# A program that links only the shared library can refer to every public function.
. "$(dirname "$0")/common.sh"

{
	echo '#include <midair/midair.h>'
	echo '#include <stdio.h>'
	echo '#include <string.h>'
	echo 'typedef void (*any_function)(void);'
	echo 'static any_function volatile functions[] = {'
	public_functions | sed 's/.*/	(any_function)&,/'
	echo '};'
	cat <<-'C'
		int main(void)
		{
			size_t n_functions = sizeof(functions) / sizeof(functions[0]);
			for (size_t i = 0; i < n_functions; i++)
				if (!functions[i])
					return 1;
			printf("%zu functions\n", n_functions);
			return strcmp(midair_version(), MIDAIR_VERSION) != 0;
		}
	C
} >"$work/every.c"

# shellcheck disable=SC2086,SC2046
"${CC:-cc}" $strict ${SANITIZE:-} "$work/every.c" -o "$work/every" \
	$(pkg-config --cflags --libs midair)
"$work/every"
readelf -d "$work/every" | grep -q 'NEEDED.*\[libmidair.so.0\]'
