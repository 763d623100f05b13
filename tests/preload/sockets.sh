#!/bin/sh
# SPDX-License-Identifier: MIT
# What is left alone, IPv6, errno, threads, children, signal handlers, cancelled threads.
. "$(dirname "$0")/common.sh"

setting ip_local_port_range '42000 44999'
pooled --ports 41000-41999 -- "$client" untouched
ends_with 'as it should be'
has "$err" 'self-connections refused: 1,'

setting ip_local_port_range '40000 44999'
pooled --ports 41000-41009 --from 127.0.0.5,::1 -- "$client" ends
has "$out" '^\[::1\]:4100[0-9]$'
has "$out" '^127\.0\.0\.5:4100[0-9]$'
pooled --ports 2000-2009 --from ::1,127.0.0.5 -- "$client" ends
has "$out" '^\[::1\]:200[0-9]$'
has "$out" '^127\.0\.0\.5:200[0-9]$'

# what connect() and close() say, word for word as without the library
plain errors
cp "$out" "$work/plain"
pooled -- "$client" errors
cmp -s "$out" "$work/plain" || fail "the same as without: $(diff "$work/plain" "$out")"
run 0 "$midair" self --guard "$client" errors
cmp -s "$out" "$work/plain" || fail "the same as without: $(diff "$work/plain" "$out")"

for scene in threads forks signals; do
	pooled -- "$client" $scene 300
	ends_with '0 failed'
	pooled --ports 2000-4999 -- "$client" $scene 300
	ends_with '0 failed'
done
for port in 40001 2001; do
	pooled --ports $port-$port -- "$client" cancel
	ends_with 'as it should be'
done
