#!/bin/sh
# SPDX-License-Identifier: MIT
# The examples compile against the installed tree, by the flags of pkg-config and as strict C11,
# and two of them meet on loopback. examples.sh PREFIX shared|static
. "$(dirname "$0")/common.sh"

# Loopback addresses of our own: a 4-tuple that no other test uses, whatever runs beside us.
case $2 in
shared)
	flags=$(pkg-config --cflags --libs midair)
	net=127.77.1
	;;
static)
	flags="$(pkg-config --cflags midair) $libdir/libmidair.a"
	flags="$flags $(pkg-config --static --libs-only-l midair | sed 's/-lmidair//')"
	net=127.77.2
	;;
esac

for source in "$top"/examples/*.c; do
	name=$(basename "$source" .c)
	lines=$(wc -l <"$source")
	[ "$lines" -lt 60 ] || {
		echo "$name.c: $lines lines are too many for an example"
		exit 1
	}
	# shellcheck disable=SC2086
	"${CC:-cc}" $strict -D_DEFAULT_SOURCE ${SANITIZE:-} "$source" -o "$work/$name" $flags
done

# pair LEFT RIGHT: each sends a line of its own and must print the other's.
pair() {
	echo 'I love you.' >"$work/left.in"
	echo 'I know.' >"$work/right.in"
	timeout 30 "$work/$1" $net.1:1314 $net.2:1314 <"$work/left.in" >"$work/left" 2>"$work/log" &
	left=$!
	timeout 30 "$work/$2" $net.2:1314 $net.1:1314 <"$work/right.in" >"$work/right"
	wait $left
	cmp "$work/left" "$work/right.in"
	cmp "$work/right" "$work/left.in"
	echo "$1 met $2"
}

pair meet_blocking meet_poll
pair meet_poll meet_epoll
pair meet_epoll meet_blocking

# Through a rendezvous server of our own, port and all.
"$prefix/bin/midair" serve --listen $net.9:1314 2>"$work/server" &
server=$!
trap 'kill $server 2>/dev/null; wait; rm -rf "$work"' EXIT
timeout 30 sh -c "until grep -q ready '$work/server'; do sleep 0.05; done"

timeout 30 "$work/pair" $net.9:1314 <"$work/left.in" >"$work/left" 2>"$work/code" &
left=$!
timeout 30 sh -c "until grep -q - '$work/code'; do sleep 0.05; done"
timeout 30 "$work/pair" $net.9:1314 "$(cat "$work/code")" <"$work/right.in" >"$work/right"
wait $left
cmp "$work/left" "$work/right.in"
cmp "$work/right" "$work/left.in"
echo "pair met pair"

SECRET=$("$prefix/bin/midair" key)
export SECRET
timeout 30 "$work/pair_plain" $net.9:1314 >"$work/left" &
left=$!
timeout 30 "$work/pair_plain" $net.9:1314 >"$work/right"
wait $left
cmp "$work/left" "$work/right"
echo "pair_plain met pair_plain"

# Nothing but the public header may be needed, and wrong use is told by the exit status.
status=0
"$work/meet_blocking" nonsense >/dev/null 2>&1 || status=$?
[ $status -eq 2 ]
