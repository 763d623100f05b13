#!/bin/sh
# SPDX-License-Identifier: MIT
# midair why and midair ports as a user meets them, in a network namespace of their own.
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
children=
finish() {
	for child in $children; do
		kill "$child" 2>/dev/null || :
	done
	rm -rf "$work"
}
trap finish EXIT
out=$work/out
err=$work/err
ip link set lo up

run() {
	wanted=$1
	shift
	status=0
	"$midair" "$@" >"$out" 2>"$err" || status=$?
	[ "$status" = "$wanted" ] || fail "midair $*: status $status, not $wanted"
}

# until STATUS ARGUMENT...: the sockets of a child take a moment to be there
until_status() {
	wanted=$1
	shift
	tries=0
	while
		status=0
		"$midair" "$@" >"$out" 2>"$err" || status=$?
		[ "$status" != "$wanted" ]
	do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || fail "midair $*: status $status, never $wanted"
	done
}

fail() {
	echo "not so: $*"
	echo "--- stdout"
	cat "$out"
	echo "--- stderr"
	cat "$err"
	exit 1
}

has() {
	grep -qE -- "$2" "$1" || fail "$1 is to have: $2"
}

is_json() {
	command -v python3 >/dev/null || return 0
	python3 -c 'import json, sys
for line in open(sys.argv[1]): json.loads(line)' "$1" || fail "$1 is to be JSON"
}

# what cannot be: one line, status 2, nothing on standard output
while IFS='|' read -r words; do
	eval "set -- $words"
	run 2 "$@"
	[ ! -s "$out" ] || fail 'nothing goes to standard output'
	[ "$(wc -l <"$err")" = 1 ] || fail 'an error is one line'
done <<'WORDS'
why
why ''
why nonsense
why 127.0.0.1:0
why 127.0.0.1:65536
why 65536 127.0.0.1:1
why 1.2.3.4.5 127.0.0.1:1
why 127.0.0.1:1x 127.0.0.1:1
why ::1 127.0.0.1:1
why 1 2 3
why --bind
why --bind 70000
why --bind ''
why --bind 1 127.0.0.1:1
why --bind 1 --pin
why --pin 127.0.0.1:1
why --nonsense
why -6 127.0.0.1:1
why -6 --bind 127.0.0.1:1
ports surplus
ports --to
ports --to nonsense
ports --to 443
ports --top 0
ports --top -1
ports --top 1x
ports --watch=0
ports --watch=never
ports --nonsense
WORDS
long=$(head -c 5000 /dev/zero | tr '\0' 1)
run 2 why --bind "$long"
run 2 why "$long"
run 0 why --help
has "$out" '^usage: midair why'
run 0 ports --help
has "$out" '^usage: midair ports'

# nothing in the way
run 0 why --bind 127.0.0.1:1314
has "$out" '^cause: nothing stands in the way \(none\)$'
[ "$(wc -l <"$out")" = 1 ] || fail 'nothing more to say'
run 0 why 127.0.0.1 127.0.0.1:80
has "$out" '0 of 28232 ports in use to this destination, 0 %'
run 16 why --bind 192.0.2.1
has "$out" '\(not-local\)$'
run 16 why 198.51.100.1:80
has "$out" '\(no-route\)$'
run 15 why 1314 127.0.0.1:80 --pin
has "$out" '\(out-of-range\)$'

# a listener that shares
"$midair" meet 127.0.0.2:1314 --from 127.0.0.1:1314 --timeout 60 -q 2>/dev/null &
children=$!
until_status 13 why --bind 127.0.0.1:1314
has "$out" '^cause: a listening socket holds the port \(listener\)$'
has "$out" "^owner: pid $children \(midair\) of user .*, LISTEN 127\.0\.0\.1:1314$"
has "$out" '^lasts: until that socket is closed$'
has "$out" '^remedy: '
[ "$(wc -l <"$out")" = 4 ] || fail 'four lines'
run 13 why --bind 127.0.0.1:1314 --try
has "$out" '^tried: Address already in use$'
has "$out" '^remedy: set SO_REUSEPORT before bind\(\): tried, and that works$'
run 0 why --bind 127.0.0.1:1314 --reuseport --try
has "$out" '^tried: the call succeeds$'
run 13 why --bind 1314 --reuseaddr
run 0 why --bind 1314 -6 --v6only
run 13 why --bind 127.0.0.1:1314 --json
has "$out" '"cause":"listener".*"owner":\{.*"process":"midair".*\},"status":13\}$'
is_json "$out"

# meet tells the same, below its error
mkfifo "$work/hold"
exec 3<>"$work/hold"
"$midair" meet 127.0.0.2:40000 --from 127.0.0.1:40000 -q <"$work/hold" >/dev/null 2>&1 3>&- &
children="$children $!"
"$midair" meet 127.0.0.1:40000 --from 127.0.0.2:40000 -q <"$work/hold" >/dev/null 2>&1 3>&- &
children="$children $!"
until_status 10 why 127.0.0.1:40000 127.0.0.2:40000
has "$out" '^cause: a connection between exactly these two ends exists \(tuple-live\)$'
run 10 why 127.0.0.1:40000 127.0.0.2:40000 --json
is_json "$out"
run 5 meet 127.0.0.2:40000 --from 127.0.0.1:40000 --timeout 0.2 --no-listen
has "$err" '^why: a connection between exactly these two ends exists: pid [0-9]+ \(midair\)'
run 5 meet 127.0.0.2:40000 --from 127.0.0.1:40000 --timeout 0.2 --no-listen --json
has "$err" '^\{"event":"why","cause":"tuple-live",'
is_json "$err"
[ "$(grep -c '"event":"why"' "$err")" = 1 ] || fail 'once is enough'
run 5 meet 127.0.0.2:1 --from 192.0.2.1:1314
has "$err" '^why: the local address is not of this machine; '

# ports: the connection's two ends, as three forms
run 0 ports
has "$out" '^ports 32768-60999: the kernel gives out 28232 of them, 0 reserved$'
has "$out" '^127\.0\.0\.1 +127\.0\.0\.2:40000 +1 +28232 +0 % +0$'
run 0 ports --to 127.0.0.2:40000 --json
has "$out" '^\{"event":"ports","first_port":32768,.*"pairs":1,'
has "$out" '^\{"event":"pair","source":"127\.0\.0\.1","destination":"127\.0\.0\.2:40000","in_use":1,'
[ "$(wc -l <"$out")" = 2 ] || fail 'two lines'
is_json "$out"
run 0 ports --top 1
has "$out" '^\(1 more pairs; --top shows them\)$'
run 0 ports --metrics
has "$out" '^midair_pair_ports_in_use\{source="127\.0\.0\.1",destination="127\.0\.0\.2:40000"\} 1$'
awk '
	/^# HELP [a-z_]+ [^\n]+$/ { help[$3] = 1; next }
	/^# TYPE [a-z_]+ gauge$/ { if (!help[$3] || typed[$3]++) exit 1; name = $3; next }
	/^[a-z_]+({[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*})? [0-9]+$/ {
		own = $0; sub(/[{ ].*/, "", own)
		if (own != name || seen[$1 own]++) exit 1
		n++; next
	}
	{ exit 1 }
	END { if (n < 9) exit 1 }' "$out" || fail 'metrics have the exposition format'

# --watch goes on until it is told to end
"$midair" ports --watch=0.1 --json >"$work/watched" 2>&1 &
watcher=$!
children="$children $watcher"
tries=0
until [ "$(grep -c '"event":"ports"' "$work/watched")" -ge 2 ]; do
	tries=$((tries + 1))
	[ $tries -lt 2000 ] || fail 'it looks again'
done
kill "$watcher" 2>/dev/null || :
status=0
wait "$watcher" || status=$?
[ $status -gt 128 ] || fail "interrupted, status $status"
is_json "$work/watched"
