#!/bin/sh
# SPDX-License-Identifier: MIT
# explain.sh MIDAIR MANUAL: midair explain knows every code, and the manual has a line for each, with
# the same words.
set -u
LC_ALL=C
export LC_ALL
midair=$1
manual=$2
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

complain() {
	echo "$*"
	failed=1
}

# "CODE|Text." of the manual's items: the line after .It. Hyphens of options are escaped there.
sed -nE '/^\.Sh CODES/,/^\.Sh LIMITS/{/^\.It /{N;s/^\.It ([^\n]*)\n(.*)$/\1|\2/;s/\\-/-/g;p;};}' \
	"$manual" | sort -u >"$work/manual"

# The same of the command.
"$midair" explain >"$work/list" || complain 'explain: does not list the codes'
awk '$1 != "status" {
	code = $2
	sub(/^[^ ]+ +[^ ]+ +/, "")
	print code "|" toupper(substr($0, 1, 1)) substr($0, 2) "."
}' "$work/list" | sort -u >"$work/codes"
[ "$(wc -l <"$work/codes")" -gt 100 ] || complain 'explain: lists hardly anything'
comm -3 "$work/codes" "$work/manual" >"$work/differences"
[ -s "$work/differences" ] &&
	complain "codes and manual differ (left: only the command has it): $(cat "$work/differences")"

# Each of them by itself.
awk '{print $2}' "$work/list" | sort -u >"$work/words"
while read -r code; do
	"$midair" explain "$code" >"$work/out" 2>&1 || complain "explain $code: exit status $?"
	grep -q "^$code (" "$work/out" || complain "explain $code: $(cat "$work/out")"
done <"$work/words"

# Exit statuses are in the manual's own section.
for status in $(awk '$1 == "status" && $2 != 128 {print $2}' "$work/list"); do
	sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/p' "$manual" |
		grep -qE "^\.It (.* , )?$status( , .*)?\$" ||
		complain "exit status $status is not in the manual"
done

# expect STATUS TEXT ARGUMENT...
expect() {
	wanted=$1
	text=$2
	shift 2
	"$midair" explain "$@" >"$work/out" 2>&1
	status=$?
	[ "$status" = "$wanted" ] || complain "explain $*: exit status $status"
	grep -qF -- "$text" "$work/out" || complain "explain $*: $(cat "$work/out")"
}
expect 0 'random-both (verdict): both NATs' random-both
expect 0 '  helps: let a server forward' random-both
expect 0 'random-both (reason): both NATs' random-both
expect 0 '130 (status): ended by SIGINT' 130
expect 0 '4 (status): the other side has another code' 4
expect 0 'ECONNREFUSED (errno): Connection refused' ECONNREFUSED
expect 0 '"remedies":["retry"]' --json lost
expect 2 'is no code; midair explain lists them' nonsense
expect 2 'is no code' 99
expect 2 'is no code' ''
expect 2 'one code at a time' lost silence
expect 2 'midair explain: ' --nonsense
expect 0 'usage: midair explain' --help

exit "$failed"
