#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The installed bash completion offers what the installed command has.
set -eu
prefix=$1
PATH=$prefix/bin:$PATH
. "$prefix/share/bash-completion/completions/midair"

# offers WORD WORDS-OF-THE-LINE...
failed=0
offers() {
	local wanted=$1
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_midair
	[[ " ${COMPREPLY[*]-} " == *" $wanted "* ]] || {
		echo "'$*' is not completed by '$wanted', but by: ${COMPREPLY[*]-}"
		failed=1
	}
}
offers meet midair m
offers table midair t
offers self midair ''
offers --version midair --
offers --from midair meet --f
offers --json midair meet -
offers meet midair help me

offers pipe midair p
offers key midair k
offers --server midair pipe --s
offers --key midair pipe --k
offers --prompt midair pipe -
offers --stun midair meet --st
offers check midair c
offers explain midair e
offers random-both midair explain random
offers --json midair explain --
offers --server midair check --s
offers --force midair key --
# The words of a code, after the room's number and after each word.
offers 7-crossover midair pipe 7-cross
offers 7-crossover-clockwork midair pipe 7-crossover-clock
offers 12-crossover midair pipe 12-CROSS

# A key file is a file.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/secret.key"
offers "$work/secret.key" midair pipe -k "$work/sec"
offers "$work/secret.key" midair meet --key "$work/sec"
offers "$work/secret.key" midair key "$work/sec"

# Not offered: what is no code, what would be a secret.
COMP_WORDS=(midair pipe 7-zzz)
COMP_CWORD=2
_midair
[[ -z ${COMPREPLY[*]-} ]] || failed=1

# Nothing is offered where the machine cannot know.
COMP_WORDS=(midair meet 192.)
COMP_CWORD=2
_midair
[[ -z ${COMPREPLY[*]-} ]] || failed=1
exit $failed
