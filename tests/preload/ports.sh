#!/bin/sh
# SPDX-License-Identifier: MIT
# Local ends come from the pool, from the given addresses in turn, and do not run out early.
. "$(dirname "$0")/common.sh"

# in_range FIRST LAST: every local port
in_range() {
	sed '$d' "$out" | awk -F: -v first="$1" -v last="$2" '
		$2 < first || $2 > last { exit 1 }' || fail "every port is to be in $1-$2"
	[ "$(sed '$d' "$out" | sort | uniq -d)" = '' ] || fail 'no end is given twice'
}

setting ip_local_port_range '40000 40999'
pooled -- "$client" hold 5000 300
ends_with '300 held, none refused'
in_range 40000 40999
has "$err" '^midair preload: process [0-9]+: connects: 300, from the pool: 300, tuples tried in vain: 0,'

# the whole range, and no port of it twice; the kernel's own choice does the same, slowly
pooled -- "$client" hold 5001 1100 nonblocking
ends_with '1000 held, Cannot assign requested address'
in_range 40000 40999
has "$err" '^midair preload: no local port to 127\.0\.0\.1:5001 is left:'
[ "$(grep -c 'is left' "$err")" = 1 ] || fail 'it is told once'

# ports inside and outside of the kernel's range
for ports in 40100-40103 2000-2003; do
	pooled --ports $ports -- "$client" hold 5002 5
	ends_with '4 held, Cannot assign requested address'
	in_range "${ports%-*}" "${ports#*-}"
done
run 0 "$midair" preload --ports 2000-2003 -- "$client" hold 5003 5
[ ! -s "$err" ] || fail 'nothing is told without -v'

# reserved ports are left out
setting ip_local_reserved_ports '40000-40997'
pooled -- "$client" hold 5004 3
ends_with '2 held, Cannot assign requested address'
in_range 40998 40999
setting ip_local_reserved_ports ''

# addresses in turn, blocking and not
for mode in '' nonblocking; do
	# shellcheck disable=SC2086
	pooled --from 127.0.0.2-127.0.0.4 -- "$client" hold 5005 1500 $mode
	ends_with '1500 held, none refused'
	in_range 40000 40999
	for address in 127.0.0.2 127.0.0.3 127.0.0.4; do
		count=$(grep -c "^$address:" "$out")
		[ "$count" -ge 400 ] && [ "$count" -le 600 ] ||
			fail "$address has its share of 1500, not $count"
	done
done

# more destinations than there are pools: the addresses still take turns, the kernel has the ports
pooled --ports 41000-41009 --from 127.0.0.2,127.0.0.3 -- "$client" share 6000 300
has "$out" 'others, again: Success'
has "$err" 'from the pool: 257,.* refused because the pool was full: 0,'

# what others hold is passed over, whether the port can be pinned or has to be bound
competes() {
	: >"$work/holder"
	"$midair" preload --ports "$1" -- "$client" hold "$2" 3 wait >>"$work/holder" 2>&1 &
	holder=$!
	until grep -q held "$work/holder"; do
		kill -0 $holder || fail 'the holder is alive'
	done
	setting ip_local_port_range "$3"
	pooled --ports "$1" -- "$client" dial "$2" 3
	ends_with '2 held, Cannot assign requested address'
	has "$err" 'tried in vain: [3-9]'
	kill $holder
	wait $holder 2>/dev/null || :
}
competes 3000-3004 5006 '3000 3004'
competes 3100-3104 5007 '40000 40999'
