#!/bin/sh
# SPDX-License-Identifier: MIT
# The public header compiles alone, twice over, as strict C11 and as C++. header.sh c|c++
set -eu
header=$(cd "$(dirname "$0")/../.." && pwd)/include
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror'

case $1 in
c) compiler="${CC:-cc} -std=c11 -Wstrict-prototypes -x c" ;;
c++) compiler="c++ -std=c++11 -Wold-style-cast -x c++" ;;
esac
command -v "${compiler%% *}" >/dev/null || exit 77

# No feature macro is set: what the header uses must come from its own includes.
# shellcheck disable=SC2086
compile() {
	$compiler $warnings -isystem /nonexistent -I"$header" -fsyntax-only "$1"
}

printf '#include <midair/midair.h>\n#include <midair/midair.h>\nint main() { return 0; }\n' |
	if [ "$1" = c ]; then sed 's/main()/main(void)/'; else cat; fi >"$work/good"
compile "$work/good"

# The same call must be able to fail.
printf '#include <midair/midair.h>\nint main(void) { return midair_version(1); }\n' >"$work/bad"
if compile "$work/bad" 2>/dev/null; then
	echo 'a wrong call of midair_version() compiles'
	exit 1
fi
