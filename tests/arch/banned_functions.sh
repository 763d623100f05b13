#!/bin/sh
# SPDX-License-Identifier: MIT
# Functions that cannot be used safely, or hide a shell, are used nowhere.
. "$(dirname "$0")/common.sh"

banned='strcpy|strcat|strncat|stpcpy|sprintf|vsprintf|atoi|atol|atoll|atof|sscanf|fscanf|scanf|system|popen|alloca|gets|strtok|tmpnam|mktemp|signal|gethostbyname|inet_ntoa|sleep|usleep'

check() {
	for file in $(tree_files | grep -E '\.[ch]$'); do
		strip_c "$root/$file" |
			grep -nE "(^|[^[:alnum:]_.>])($banned)[[:space:]]*\(" |
			sed -E "s#^([0-9]+):(.*[^[:alnum:]_.>])?($banned)[[:space:]]*\(.*#\1: \3() is banned#
				s#^#$file:#"
	done
}

self_test() {
	sample src/lib/a.c <<-'C'
		/* system("rm") in a comment, strcpy(a, b) */
		int a(char *b) { return snprintf(b, 4, "system(1) \" gets(2)") + my_atoi(b); }
		int c(struct x *y) { return y->system(1) + y.gets(2); }
		char d = '"'; // strtok(a, b)
	C
	expect_nothing
	for name in $(echo "$banned" | tr '|' ' '); do
		printf 'int a;\n\tb = 1 + %s (c);\n' "$name" | sample lab/a.c
		expect "lab/a.c:2: $name() is banned"
	done
	printf 'strcpy(a, "b");\n' | sample src/os/a.h
	expect 'src/os/a.h:1: strcpy() is banned'
}

run_test "$@"
