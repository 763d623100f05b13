# SPDX-License-Identifier: MIT
# bash completion for midair(1). Installed as "midair" among bash-completion's completions.
# Works without the bash-completion package too.

_midair_scenarios() {
	"$1" lab --list 2>/dev/null | cut -d: -f1
}

_midair_commands() {
	"$1" --help 2>/dev/null | sed -nE 's/^  ([a-z]+) .*/\1/p'
}

# The options of a command, from its own usage text: they cannot go stale.
_midair_options() {
	"$1" "$2" --help 2>/dev/null | grep -oE -- '(^|[ ,[])--?[a-z0-9][a-z0-9-]*' | tr -d ' ,['
	echo --help
}

# The words that may follow.
_midair_words() {
	case $2:$3 in
	:-*) echo '--help --version' ;;
	:*) echo "$(_midair_commands "$1") help" ;;
	*:-*) _midair_options "$1" "$2" | sort -u ;;
	help:*) _midair_commands "$1" ;;
	tour:*) echo 'port crossing self' ;;
	lab:*) _midair_scenarios "$1" ;;
	esac
}

# Sets COMPREPLY to the words of $1 that begin with $2.
_midair_reply() {
	local IFS=$' \t\n' word
	COMPREPLY=()
	for word in $1; do
		[[ $word == "$2"* ]] && COMPREPLY+=("$word")
	done
	return 0
}

_midair() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=''
	((COMP_CWORD > 1)) && command=${COMP_WORDS[1]}
	COMPREPLY=()
	case $command:$previous in
	meet:--at)
		# Words with blanks are completed with their quotes.
		[[ -z $current ]] && COMPREPLY=("'next 10s'" "'$(date -d '+2 minutes' '+%F %H:%M')'" '+10')
		return 0
		;;
	meet:--timeout | meet:--from | self:-m | self:--message) return 0 ;;
	lab:-n | lab:--runs | lab:-p | lab:--parallel) return 0 ;;
	lab:-f | lab:--file)
		compopt -o filenames 2>/dev/null || true
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return 0
		;;
	esac
	if [[ $command == meet && $current != -* ]]; then
		compopt -o nospace 2>/dev/null || true
		mapfile -t COMPREPLY < <(compgen -A hostname -S : -- "$current")
	else
		_midair_reply "$(_midair_words "${COMP_WORDS[0]}" "$command" "$current")" "$current"
	fi
}

complete -F _midair midair
