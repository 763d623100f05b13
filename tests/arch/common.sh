# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by each arch test. A test defines
#	check      prints one line for every violation under $root, nothing when there is none
#	self_test  builds bad samples in the empty directory $root and expects them to be found
# and ends with `run_test "$@"`. Usage of a test: NAME.sh [ROOT] or NAME.sh --self-test.
set -u
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
self_test_failed=0

# Every file of the tree, relative, without what git or the build made.
tree_files() {
	(cd "$root" && find . \( -path ./.git -o -path ./build -o -path ./.cache \) -prune -o \
		-type f -print | sed 's|^\./||' | sort)
}

# C text with comments and string contents blanked out, line numbers kept.
strip_c() {
	awk '
	BEGIN { state = "code" }
	{
		out = ""
		for (i = 1; i <= length($0); i++) {
			c = substr($0, i, 1)
			two = substr($0, i, 2)
			if (state == "comment") {
				if (two == "*/") { state = "code"; i++ }
			} else if (state == "string" || state == "char") {
				if (c == "\\") i++
				else if (c == quote) { state = "code"; out = out c }
			} else if (two == "/*") {
				state = "comment"; i++
			} else if (two == "//") {
				break
			} else if (c == "\"" || c == "'\''") {
				state = "string"; quote = c; out = out c
			} else out = out c
		}
		if (state == "string") state = "code"
		print out
	}' "$1"
}

# sample PATH: writes standard input there, under the sample's root.
sample() {
	mkdir -p "$root/$(dirname "$1")"
	cat >"$root/$1"
}

# expect TEXT: the check must complain of the samples with this text.
expect() {
	case $(check) in
	*"$1"*) ;;
	*)
		echo "self-test: no complaint with '$1'"
		self_test_failed=1
		;;
	esac
	find "$root" -mindepth 1 -delete
}

# expect_nothing: the check must be content with the samples.
expect_nothing() {
	complaints=$(check 2>&1)
	[ -z "$complaints" ] || {
		echo "self-test: complaint about a good sample: $complaints"
		self_test_failed=1
	}
	find "$root" -mindepth 1 -delete
}

run_test() {
	if [ "${1:-}" = --self-test ]; then
		root=$(mktemp -d) || exit 1
		trap 'rm -rf "$root"' EXIT
		self_test
		exit $self_test_failed
	fi
	[ $# -eq 0 ] || root=$1
	# What the tools say on stderr counts too: a check that broke down is no success.
	complaints=$(check 2>&1)
	[ -z "$complaints" ] && exit 0
	printf '%s\n' "$complaints"
	exit 1
}
