# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
# Sourced by the tests that use the installed tree, whose prefix is their first argument.
# CC and SANITIZE are what the library was built with.
set -eu
LC_ALL=C
export LC_ALL
prefix=$1
top=$(cd "$(dirname "$0")/../.." && pwd)
pc=$(find "$prefix" -name midair.pc)
libdir=${pc%/pkgconfig/midair.pc}
# Only this prefix: a midair that the machine already has must not answer.
PKG_CONFIG_PATH=$libdir/pkgconfig
LD_LIBRARY_PATH=$libdir
export PKG_CONFIG_PATH LD_LIBRARY_PATH
strict='-std=c11 -Wall -Wextra -Wpedantic -Werror'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The functions of midair.h, read from the preprocessed text of the header itself.
public_functions() {
	"${CC:-cc}" -E -P "$prefix/include/midair/midair.h" |
		grep -oE 'midair_[a-z0-9_]+ *\(' | tr -d ' (' | sort -u
}
