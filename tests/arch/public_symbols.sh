#!/bin/sh
# SPDX-License-Identifier: MIT
# Every function of midair.h is in libmidair.map, and nothing else is.
. "$(dirname "$0")/common.sh"

declared() {
	strip_c "$root/include/midair/midair.h" | grep -v '^[[:space:]]*#' |
		grep -oE 'midair_[a-z0-9_]+[[:space:]]*\(' | tr -d ' \t(' | sort -u
}

exported() {
	grep -v '^#' "$root/src/lib/libmidair.map" |
		grep -oE 'midair_[a-z0-9_*]+;' | tr -d ';' | sort -u
}

check() {
	lists=$(mktemp -d) || exit 1
	declared >"$lists/declared"
	exported >"$lists/exported"
	[ -s "$lists/declared" ] || echo 'midair.h: declares nothing'
	comm -23 "$lists/declared" "$lists/exported" | sed 's/$/: in midair.h, not in the map/'
	comm -13 "$lists/declared" "$lists/exported" | sed 's/$/: in the map, not in midair.h/'
	grep -q 'local: \*;' "$root/src/lib/libmidair.map" || echo 'the map lets everything out'
	rm -rf "$lists"
}

header='/* midair_in_a_comment( */
	int midair_a(void (*log)(void *context));
	const char *midair_b(int a,
		int b);'

self_test() {
	echo "$header" | sample include/midair/midair.h
	echo 'M { global: midair_a; midair_b; local: *; };' | sample src/lib/libmidair.map
	expect_nothing
	echo "$header" | sample include/midair/midair.h
	echo 'M { global: midair_a; local: *; };' | sample src/lib/libmidair.map
	expect 'midair_b: in midair.h, not in the map'
	echo "$header" | sample include/midair/midair.h
	echo 'M { global: midair_a; midair_b; midair_c; local: *; };' |
		sample src/lib/libmidair.map
	expect 'midair_c: in the map, not in midair.h'
	echo "$header" | sample include/midair/midair.h
	echo 'M { global: midair_a; midair_b; };' | sample src/lib/libmidair.map
	expect 'lets everything out'
}

run_test "$@"
