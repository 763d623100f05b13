#!/bin/sh
# SPDX-License-Identifier: MIT
# Rule 5: every table has a limit, and a documented answer when it is full. Each constant that
# ends in _MAX (a count) has a row in docs/limits.md with its name, its value as written in the code, and
# what happens beyond it; and each row has its constant.
. "$(dirname "$0")/common.sh"

# NAME value, of the code
constants() {
	for file in $(tree_files | grep -E '^(include|src|lab)/.*\.[ch]$'); do
		sed -nE 's/^#[[:space:]]*define[[:space:]]+([A-Z0-9_]+_MAX)[[:space:]]+(.*)/\1 \2/p' \
			"$root/$file"
	done | sed -E 's#[[:space:]]*/\*.*##; s/[[:space:]]+$//' | sort -u
}

# NAME value, of the table: | `NAME` | `value` | answer |
rows() {
	sed -nE 's/^\| `([A-Z0-9_]+_MAX)` \| `([^`]+)` \| .+ \|$/\1 \2/p' "$root/docs/limits.md" |
		sort -u
}

check() {
	lists=$(mktemp -d) || exit 1
	constants >"$lists/constants"
	rows >"$lists/rows"
	comm -23 "$lists/constants" "$lists/rows" |
		sed 's/$/: in the code, not in docs\/limits.md/'
	comm -13 "$lists/constants" "$lists/rows" |
		sed 's/$/: in docs\/limits.md, not in the code/'
	rm -rf "$lists"
}

self_test() {
	echo '#define THINGS_MAX 16u /* why */' | sample src/core/a.h
	echo '| `THINGS_MAX` | `16u` | the 17th is refused |' | sample docs/limits.md
	expect_nothing
	echo '#define THINGS_MAX 16u' | sample src/core/a.h
	echo '| `THINGS_MAX` | `15u` | the 16th is refused |' | sample docs/limits.md
	expect 'THINGS_MAX 16u: in the code, not in docs/limits.md'
	echo '# define OTHERS_MAX (2 * 8)' | sample lab/a.c
	echo 'none' | sample docs/limits.md
	expect 'OTHERS_MAX (2 * 8): in the code'
	echo 'int a;' | sample src/core/a.h
	echo '| `THINGS_MAX` | `16u` | the 17th is refused |' | sample docs/limits.md
	expect 'THINGS_MAX 16u: in docs/limits.md, not in the code'
}

run_test "$@"
