#!/bin/sh
# SPDX-License-Identifier: MIT
# SECURITY.md says what each test proves: every test that it names, `folder/name` (function, ...), is
# there, and has those functions.
. "$(dirname "$0")/common.sh"

# folder/name function, one a line; the function is "-" where none is named.
named() {
	sed -n '/^## What each test proves/,/^## [^W]/p' "$root/SECURITY.md" | grep '^| ' |
		grep -oE '`[a-z]+/[a-z_0-9]+`( \([a-z_0-9, ]+\))?' | tr -d '`(,)' |
		awk '{ print $1, "-"; for (i = 2; i <= NF; i++) print $1, $i }'
}

check() {
	named | while read -r name function; do
		folder=$root/tests/${name%%/*}
		file=$folder/test_${name#*/}.c
		[ -e "$file" ] || file=$folder/${name#*/}.sh
		if [ ! -e "$file" ]; then
			echo "SECURITY.md: there is no test $name"
		elif [ "$function" != - ] && ! grep -qw -- "$function" "$file"; then
			echo "SECURITY.md: there is no $function in $name"
		fi
	done
	[ -n "$(named)" ] || echo 'SECURITY.md names no test'
}

self_test() {
	row='| it is | `unit/thing` (it_is, it_stays), `lib/other` |'
	echo 'static void it_is(void) {} static void it_stays(void) {}' | sample tests/unit/test_thing.c
	echo 'int a;' | sample tests/lib/test_other.c
	printf '## What each test proves\n\n%s\n' "$row" | sample SECURITY.md
	expect_nothing
	echo 'static void it_is(void) {}' | sample tests/unit/test_thing.c
	printf '## What each test proves\n\n%s\n' "$row" | sample SECURITY.md
	expect 'there is no it_stays in unit/thing'
	printf '## What each test proves\n\n%s\n' "$row" | sample SECURITY.md
	expect 'there is no test lib/other'
	printf '## What each test proves\n' | sample SECURITY.md
	expect 'names no test'
}

run_test "$@"
