#!/bin/sh
# SPDX-License-Identifier: MIT
# Both libraries show the functions of midair.h and nothing else, and the soname is 0.
. "$(dirname "$0")/common.sh"

public_functions >"$work/public"
[ -s "$work/public" ]
nm -D --defined-only "$libdir/libmidair.so.0" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' |
	sort >"$work/shared"
nm -g --defined-only "$libdir/libmidair.a" | awk 'NF == 3 { print $3 }' | sort >"$work/static"

failed=0
for kind in shared static; do
	diff -u --label midair.h --label "$kind" "$work/public" "$work/$kind" || failed=1
done
nm -D --with-symbol-versions --defined-only "$libdir/libmidair.so.0" |
	grep midair_version | grep -q '@@MIDAIR_0$' || {
	echo 'the symbols carry no version'
	failed=1
}
soname=$(readelf -d "$libdir/libmidair.so.0" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
[ "$soname" = libmidair.so.0 ] || {
	echo "soname is '$soname'"
	failed=1
}
exit $failed
