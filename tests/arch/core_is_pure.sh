#!/bin/sh
# SPDX-License-Identifier: MIT
# Rules 1 and 3: core computes. Its objects may refer to nothing but each other and a short list
# of pure functions (so to no syscall, clock, randomness, allocation or log), and hold no
# writable data. The objects are compiled here, plainly: no sanitizer's or hardening's symbols.
. "$(dirname "$0")/common.sh"

allowed='memchr memcmp memcpy memmove memset
strchr strcmp strcspn strlen strncmp strnlen strrchr strspn strcasecmp strncasecmp strstr
snprintf vsnprintf
qsort
strerrordesc_np strerrorname_np
__assert_fail
__ctype_b_loc
_GLOBAL_OFFSET_TABLE_'

check() {
	objects=$(mktemp -d) || exit 1
	for source in "$root"/src/core/*.c; do
		object=$objects/$(basename "$source" .c).o
		"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -w -O1 -fno-pic -U_FORTIFY_SOURCE \
			-fno-stack-protector -I"$root/include" -I"$root/src" \
			-c "$source" -o "$object" || echo "$source: does not compile"
	done
	nm -A "$objects"/*.o | sed 's|^.*/||' | awk -v allowed="$allowed" '
	BEGIN {
		n = split(allowed, words, /[ \n]+/)
		for (i = 1; i <= n; i++) known[words[i]] = 1
	}
	{
		file = $1; sub(/\.o:.*/, ".c", file)
		kind = $(NF - 1); name = $NF
		if (kind == "U") { users[name] = users[name] " " file }
		else {
			known[name] = 1
			if (kind ~ /[BbCDdGgSs]/) print "src/core/" file ": writable data: " name
		}
	}
	END {
		for (name in users) if (!(name in known))
			print "src/core:" users[name] ": calls " name ", which is not pure"
	}' | sort
	rm -rf "$objects"
}

self_test() {
	sample src/core/good.c <<-'C'
		#include <string.h>
		static const char *const names[] = {"a", "b"};
		int other(int value);
		int good(const char *text) { return other(strcmp(text, names[text[0] & 1])); }
		int other(int value) { return value + 1; }
	C
	expect_nothing
	echo '#include <unistd.h>
		int bad(void) { return (int)getpid(); }' | sample src/core/bad.c
	expect 'calls getpid'
	echo '#include <time.h>
		long bad(void) { struct timespec t; clock_gettime(0, &t); return t.tv_nsec; }' |
		sample src/core/bad.c
	expect 'calls clock_gettime'
	echo 'int bad(void) { static int count; return ++count; }' | sample src/core/bad.c
	expect 'writable data: count'
}

run_test "$@"
