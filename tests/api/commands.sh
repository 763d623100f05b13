#!/bin/sh
# SPDX-License-Identifier: MIT
# midair table and midair self as a user meets them, in a network namespace of their own.
set -eu
LC_ALL=C
export LC_ALL

if [ "${2:-}" != inside ]; then
	for how in 'unshare -n' 'unshare -rn'; do
		if $how true 2>/dev/null; then
			exec $how "$0" "$1" inside
		fi
	done
	echo "cannot run here: no right to make a network namespace"
	[ "${LAB_REQUIRED:-}" = 1 ] && exit 1
	exit 77
fi

midair=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$work/out
err=$work/err
ip link set lo up

# run STATUS ARGUMENT...
run() {
	wanted=$1
	shift
	status=0
	"$midair" "$@" >"$out" 2>"$err" || status=$?
	[ "$status" = "$wanted" ] || fail "midair $*: status $status, not $wanted"
}

fail() {
	echo "not so: $*"
	echo "--- stdout"; cat "$out"
	echo "--- stderr"; cat "$err"
	exit 1
}

is() {
	printf '%s\n' "$2" | cmp -s - "$1" || fail "$1 is to be: $2"
}

has() {
	grep -qE -- "$2" "$1" || fail "$1 is to have: $2"
}

title='Active Internet connections (w/o servers)'
columns='Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name'

# self: the payload alone on standard output
run 0 self
is "$out" 'I love you.'
has "$err" '^tcp        0      0 127\.0\.0\.1:1314          127\.0\.0\.1:1314          ESTABLISHED [0-9]+/midair$'
has "$err" 'RFC 9293, section 3\.5'
grep -qxF "$columns" "$err" || fail 'the header is that of netstat'

# nothing is left behind, so it works again at once, and the table is empty
run 0 self 1314 --message 'once more'
is "$out" 'once more'
run 0 table -a
is "$out" "Active Internet connections (servers and established)
$columns"

run 0 self --ipv6 2000
is "$out" 'I love you.'
has "$err" '^tcp6       0      0 \[::1\]:2000              \[::1\]:2000              ESTABLISHED '

run 0 self --json
is "$out" 'I love you.'
has "$err" '^\{"event":"self-connected","elapsed_ms":[0-9.]+,"protocol":"tcp","local":"127\.0\.0\.1:1314","remote":"127\.0\.0\.1:1314","state":"ESTABLISHED",.*"process":"midair"\}$'
[ "$(wc -l <"$err")" = 1 ] || fail 'one JSON line'

# a message that is larger than any buffer of a socket's start
message=$(head -c 120000 /dev/zero | tr '\0' x)
run 0 self -m "$message"
is "$out" "$message"

# what cannot be
for port in 0 65536 -1 http 13a14 ''; do
	run 2 self -- "$port"
	[ ! -s "$out" ] || fail 'nothing goes to standard output'
	[ "$(wc -l <"$err")" = 1 ] || fail 'an error is one line'
done
run 2 self 1 2
run 2 self --nonsense
run 2 self -m
run 2 table surplus
run 2 table -x
has "$err" '"-x"'
run 0 self --help
has "$out" '^usage: midair self'
run 0 table --help
has "$out" '^usage: midair table'

run 0 table
is "$out" "$title
$columns"
run 0 table -l
is "$out" "Active Internet connections (only servers)
$columns"
run 0 table --json
[ ! -s "$out" ] || fail 'no rows, no lines'
