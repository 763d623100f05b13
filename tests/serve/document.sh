#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/SERVER.md has each limit of midair serve with its default, and no other: document.sh SERVER.md MIDAIR
set -u
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
"$2" serve --help | sed -nE '1,/^limits:/d; s/^  ([a-z-]+) .*\(default ([0-9]+)\)$/\1 \2/p' |
	sort >"$folder/limits"
sed -nE 's/^\| `([a-z-]+)` \| ([0-9]+) \| .*\|$/\1 \2/p' "$1" | sort >"$folder/documented"
[ -s "$folder/limits" ] || {
	echo 'midair serve --help tells no limits'
	exit 1
}
diff "$folder/limits" "$folder/documented" && exit 0
echo 'the limits (<) and docs/SERVER.md (>) differ'
exit 1
