#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule 2: includes point downwards only, and OpenSSL is src/crypto's own.
. "$(dirname "$0")/common.sh"

# One awk for the whole tree. The project headers that each layer may include, and for core and the
# public header the system headers as well (types and pure functions; core_is_pure.sh sees what is
# called).
rules='
function allowed(file) {
	if (file ~ /^src\/core\//) return "^(core/|midair/midair\\.h$)"
	if (file ~ /^src\/os\//) return "^(os/|core/|midair/midair\\.h$)"
	if (file ~ /^src\/crypto\//) return "^(crypto/|core/|midair/midair\\.h$)"
	if (file ~ /^src\/preload\//)
		return "^(preload/|lib/dial_internal\\.h$|os/|core/|midair/midair\\.h$)"
	if (file ~ /^src\/lib\//) return "^(lib/|os/|crypto/|core/|midair/midair\\.h$)"
	if (file ~ /^src\/serve\//) return "^(serve/|os/|core/|midair/midair\\.h$)"
	if (file ~ /^src\/cli\/serve/) return "^(cli/|serve/serve\\.h$|midair/midair\\.h$)"
	if (file ~ /^src\/cli\/(lab|tour)/) return "^(cli/|lab/|midair/midair\\.h$)"
	if (file ~ /^src\/cli\//) return "^(cli/|midair/midair\\.h$)"
	if (file ~ /^lab\//) return "^(lab/|serve/|os/|core/|midair/midair\\.h$)"
	if (file ~ /^examples\//) return "^midair/midair\\.h$"
	return "^$"
}
function allowed_system(file, header) {
	if (header ~ /^(midair|core|os|crypto|serve|lib|cli|lab)\//) return allowed(file)
	if (file ~ /^src\/core\//)
		return "^(string|strings|stdio|stddef|stdint|stdbool|inttypes|limits|assert|ctype|errno|" \
			"time|endian|stdalign|arpa/inet|netinet/in|netinet/tcp|sys/socket)\\.h$"
	if (file ~ /^include\//) return "^(stdbool|stddef|stdint|time)\\.h$"
	if (file ~ /^src\/crypto\//) return ""
	return header ~ /^openssl\// ? "^$" : ""
}
FNR == 1 && FILENAME ~ /^src\// &&
	FILENAME !~ /^src\/(core|os|crypto|preload|lib|serve|cli)\// {
	print FILENAME ": belongs to no layer"
}
/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]/ {
	if (FILENAME ~ /^src\// && FILENAME !~ /^src\/(core|os|crypto|preload|lib|serve|cli)\//)
		next
	bracket = $0
	sub(/^[[:space:]]*#[[:space:]]*include[[:space:]]*/, "", bracket)
	header = substr(bracket, 2)
	sub(/[">].*/, "", header)
	pattern = bracket ~ /^"/ ? allowed(FILENAME) : allowed_system(FILENAME, header)
	if (header !~ pattern)
		print FILENAME ":" FNR ": may not include " header
}'

check() {
	(cd "$root" && tree_files | grep -E '^(src|lab|examples|include)/.*\.[ch]$' |
		xargs -r awk "$rules")
}

self_test() {
	printf '#include <string.h>\n#include "core/b.h"\n#include "midair/midair.h"\n' |
		sample src/core/a.c
	printf '#include "os/b.h"\n#include "core/b.h"\n' | sample src/lib/a.c
	printf '#include <openssl/evp.h>\n#include "core/b.h"\n' | sample src/crypto/a.c
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
	printf '#include "os/loop.h"\n' | sample src/crypto/a.c
	expect 'may not include os/loop.h'
	printf '#include <openssl/evp.h>\n' | sample src/lib/a.c
	expect 'may not include openssl/evp.h'
	printf '#include <core/random.h>\n' | sample examples/a.c
	expect 'may not include core/random.h'
	printf 'int a;\n' | sample src/misc/a.c
	expect 'belongs to no layer'
}

run_test "$@"
