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

# Nothing is offered where the machine cannot know.
COMP_WORDS=(midair meet 192.)
COMP_CWORD=2
_midair
[[ -z ${COMPREPLY[*]-} ]] || failed=1
exit $failed
