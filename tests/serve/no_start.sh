#!/bin/sh
# SPDX-License-Identifier: MIT
# A server that does not start ends with status 5, and a line of its log says why: no_start.sh MIDAIR.
set -u
midair=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failed=0
# The leak checker cannot look into who has locked itself down.
export ASAN_OPTIONS=detect_leaks=0

# refuses TEXT OPTION...: the log has the text, and a line of what failed.
refuses() {
	wanted=$1
	shift
	timeout 30 "$midair" serve --listen 127.0.0.1:0 "$@" 2>"$folder/log" >"$folder/out"
	status=$?
	[ $status = 5 ] && [ ! -s "$folder/out" ] && grep -qF -- "$wanted" "$folder/log" &&
		[ "$(grep -c '^midair serve: failed what=' "$folder/log")" = 1 ] && return
	echo "serve $*: status $status, no '$wanted' in:"
	cat "$folder/log"
	failed=1
}

echo 'room-s = 60
rooms-per-adress = 5' >"$folder/limits"
refuses 'line=2 why="there is no limit of that name"' --config "$folder/limits"
refuses 'failed what=limits' --config "$folder/limits"
refuses 'why="No such file or directory"' --config "$folder/none"
refuses 'failed what=listen address=192.0.2.1:1' --listen 192.0.2.1:1
refuses 'failed what=metrics address=192.0.2.1:1' --metrics 192.0.2.1:1
refuses 'failed what=sandbox' --user no-such-user-here

# A limit that there is not: one line with all that there are, as long as it is.
"$midair" serve --limit rooms=5 2>"$folder/log" >"$folder/out"
status=$?
"$midair" serve --help | sed -n '/^limits:/,$s/^  \([a-z-]*\) .*/\1/p' >"$folder/names"
[ $status = 2 ] && [ "$(wc -l <"$folder/log")" = 1 ] && [ ! -s "$folder/out" ] &&
	[ "$(wc -l <"$folder/names")" -gt 20 ] &&
	grep -qF 'there is no limit "rooms";' "$folder/log" || failed=1
while read -r name; do
	grep -qE "[; ]${name}[, ]" "$folder/log" || {
		echo "--limit rooms=5 does not tell of $name"
		failed=1
	}
done <"$folder/names"
[ $failed = 0 ] || cat "$folder/log"
exit $failed
