#!/bin/sh
# SPDX-License-Identifier: MIT
# What holds for every text of the tree: the licence line in source files, a final newline, no
# trailing blanks, files of a size that one can read, and no name of a build machine.
. "$(dirname "$0")/common.sh"

limit_lines=500
# In two parts, so that this file does not complain of itself.
machine_names='/wo''rk/|/tmp/''m/|deb\.deb''ian\.org'

# Bytes for the parsers and pictures are no text.
texts() {
	tree_files | grep -Ev '^tests/fuzz/corpus/|\.(png|bin|gz)$'
}

is_source() {
	case $1 in
	*.c | *.h | *.sh | *.cmake | *.map | *.conf | *.nft | *.in | *.1 | *.3 | *.7) return 0 ;;
	*/CMakeLists.txt | CMakeLists.txt | Makefile) return 0 ;;
	*.md | *.json | *.txt | *.trace | LICENSE) return 1 ;;
	esac
	[ "$(head -c 2 "$root/$1")" = '#!' ]
}

check() {
	texts | while read -r file; do
		! is_source "$file" || head -n 2 "$root/$file" |
			grep -q 'SPDX-License-Identifier: MIT' || echo "$file: no SPDX line"
		[ -z "$(tail -c 1 "$root/$file")" ] || echo "$file: no newline at the end"
		case $file in
		src/*.[ch] | lab/*.[ch])
			lines=$(wc -l <"$root/$file")
			[ "$lines" -le $limit_lines ] ||
				echo "$file: $lines lines, more than $limit_lines: split it"
			;;
		esac
	done
	texts | (cd "$root" && xargs -r grep -nIE '[[:blank:]]+$' /dev/null) |
		sed -E 's/^([^:]*:[0-9]+):.*/\1: trailing blanks/'
	texts | (cd "$root" && xargs -r grep -nIE "$machine_names" /dev/null) |
		sed -E 's/^([^:]*:[0-9]+):.*/\1: names a machine or a path of one/'
}

self_test() {
	printf '/* SPDX-License-Identifier: MIT */\nint a;\n' | sample src/core/a.c
	printf '#!/bin/sh\n# SPDX-License-Identifier: MIT\n' | sample scripts/a
	printf 'text\n' | sample docs/a.md
	expect_nothing
	printf 'int a;\n' | sample src/core/a.c
	expect 'src/core/a.c: no SPDX line'
	printf '#!/bin/sh\necho\n' | sample scripts/a
	expect 'scripts/a: no SPDX line'
	printf 'text' | sample docs/a.md
	expect 'docs/a.md: no newline'
	printf 'one\ntext \t\n' | sample docs/a.md
	expect 'docs/a.md:2: trailing blanks'
	(
		echo '/* SPDX-License-Identifier: MIT */'
		seq -f '/* %g */' 500
	) | sample lab/a.c
	expect 'lab/a.c: 501 lines'
	echo "see /wo""rk/main" | sample docs/a.md
	expect 'docs/a.md:1: names a machine'
	echo "mirror deb.deb""ian.org" | sample scripts/a.conf
	expect 'scripts/a.conf:1: names a machine'
}

run_test "$@"
