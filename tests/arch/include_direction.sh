#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule 2: includes point downwards only.
. "$(dirname "$0")/common.sh"

# The project headers that each layer may include, and for core the system headers as well
# (types and pure functions; core_is_pure.sh sees what is called).
allowed() {
	case $1 in
	src/core/*) echo '^(core/|midair/midair\.h$)' ;;
	src/os/*) echo '^(os/|core/|midair/midair\.h$)' ;;
	src/preload/*) echo '^(preload/|lib/dial_internal\.h$|os/|core/|midair/midair\.h$)' ;;
	src/lib/*) echo '^(lib/|os/|core/|midair/midair\.h$)' ;;
	src/cli/lab* | src/cli/tour*) echo '^(cli/|lab/|midair/midair\.h$)' ;;
	src/cli/*) echo '^(cli/|midair/midair\.h$)' ;;
	lab/*) echo '^(lab/|os/|core/|midair/midair\.h$)' ;;
	examples/*) echo '^midair/midair\.h$' ;;
	include/*) echo '^$' ;;
	src/*) echo 'unknown' ;;
	esac
}

core_system='^(string|strings|stdio|stddef|stdint|stdbool|inttypes|limits|assert|ctype|errno|time|endian|stdalign|arpa/inet|netinet/in|netinet/tcp|sys/socket)\.h$'
public_system='^(stdbool|stddef|stdint|time)\.h$'

complain_unless() {
	while read -r line header; do
		printf '%s\n' "$header" | grep -Eq "$2" || echo "$1:$line: may not include $header"
	done
}

# includes FILE BRACKETS: "line header" for each include of that form.
includes() {
	sed -nE "s/^[[:space:]]*#[[:space:]]*include[[:space:]]*[$2]([^\">]+)[\">].*/\1/; t p; b
		:p
		=; p" "$root/$1" | paste -d ' ' - -
}

check() {
	for file in $(tree_files | grep -E '^(src|lab|examples|include)/.*\.[ch]$'); do
		project=$(allowed "$file")
		if [ "$project" = unknown ]; then
			echo "$file: belongs to no layer"
			continue
		fi
		includes "$file" '"' | complain_unless "$file" "$project"
		includes "$file" '<' | grep -E ' (midair|core|os|lib|cli|lab)/' |
			complain_unless "$file" "$project"
		case $file in
		src/core/*) includes "$file" '<' | complain_unless "$file" "$core_system" ;;
		include/*) includes "$file" '<' | complain_unless "$file" "$public_system" ;;
		esac
	done
}

self_test() {
	printf '#include <string.h>\n#include "core/b.h"\n#include "midair/midair.h"\n' |
		sample src/core/a.c
	printf '#include "os/b.h"\n#include "core/b.h"\n' | sample src/lib/a.c
	printf '#include "lab/b.h"\n#include "cli/b.h"\n' | sample src/cli/tour.c
	printf '#include <midair/midair.h>\n' | sample examples/a.c
	expect_nothing
	printf '\n#include "os/loop.h"\n' | sample src/core/a.c
	expect 'src/core/a.c:2: may not include os/loop.h'
	printf '#include <unistd.h>\n' | sample src/core/a.h
	expect 'may not include unistd.h'
	printf '#include "lib/session.h"\n' | sample src/os/a.c
	expect 'may not include lib/session.h'
	printf '#  include "core/session.h"\n' | sample src/cli/meet.c
	expect 'may not include core/session.h'
	printf '#include "lab/wire.h"\n' | sample src/cli/meet.c
	expect 'may not include lab/wire.h'
	printf '#include <core/random.h>\n' | sample examples/a.c
	expect 'may not include core/random.h'
	printf 'int a;\n' | sample src/misc/a.c
	expect 'belongs to no layer'
}

run_test "$@"
