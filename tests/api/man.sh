#!/bin/sh
# SPDX-License-Identifier: MIT
# The installed manual pages are clean for mandoc, at the level of warnings.
. "$(dirname "$0")/common.sh"
command -v mandoc >/dev/null || exit 77
pages=$(find "$prefix/share/man" -type f 2>/dev/null || :)
[ -n "$pages" ] || {
	echo 'no manual page is installed'
	exit 1
}
for page in $pages; do
	mandoc -T lint -W warning "$page"
done
