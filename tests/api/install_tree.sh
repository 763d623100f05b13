#!/bin/sh
# SPDX-License-Identifier: MIT
# The installed tree holds all that belongs there, and nothing else. install_tree.sh PREFIX
set -eu
prefix=$1
failed=0
want() {
	found=$(find "$prefix" -path "$prefix/$1")
	[ -n "$found" ] || {
		echo "not installed: $1"
		failed=1
	}
}
want bin/midair
want include/midair/midair.h
want 'lib*/libmidair.so'
want 'lib*/libmidair.so.0'
want 'lib*/libmidair.a'
want 'lib*/midair/libmidair-preload.so'
want 'lib*/pkgconfig/midair.pc'
want share/man/man1/midair.1
want share/man/man3/midair.3
want share/bash-completion/completions/midair
want lib/systemd/system/midair.service
want share/doc/midair/LICENSE
want share/doc/midair/README.md
want share/doc/midair/examples/*.c
extra=$(find "$prefix" -type f ! -path "$prefix/share/doc/*" ! -path "$prefix/share/man/*" \
	! -name 'libmidair*' ! -name midair ! -name midair.h ! -name midair.pc ! -name _midair \
	! -name midair.fish ! -name midair.service)
[ -z "$extra" ] || {
	echo "installed for no known reason: $extra"
	failed=1
}
[ -x "$prefix/bin/midair" ] || exit 1
for file in "$prefix/bin/midair" "$prefix"/lib*/libmidair.so.0 "$prefix"/lib*/*/libmidair.so.0; do
	[ ! -e "$file" ] || ! readelf -d "$file" | grep -E 'R(UN)?PATH' || {
		echo "$file looks for libraries in a build tree"
		failed=1
	}
done
"$prefix/bin/midair" --version | grep -q '^midair [0-9]' || {
	echo 'midair --version does not name itself'
	failed=1
}
# It finds its library wherever the tree is.
"$prefix/bin/midair" preload true || failed=1
exit $failed
