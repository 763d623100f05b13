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
	tour:*) echo 'port crossing self pipe' ;;
	lab:*) _midair_scenarios "$1" ;;
	explain:*) "$1" explain 2>/dev/null | awk '{print $2}' ;;
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
	pipe:--words | pipe:--wait | pipe:--timeout | pipe:--from) return 0 ;;
	check:--timeout) return 0 ;;
	pipe:--server | check:--server | meet:--stun)
		mapfile -t COMPREPLY < <(compgen -A hostname -- "$current")
		return 0
		;;
	serve:--log-addresses)
		_midair_reply 'yes no' "$current"
		return 0
		;;
	serve:--listen | serve:--alt | serve:--probe-port | serve:--relay-bytes | serve:--relay-rate | serve:--relay-time | serve:--metrics | serve:--limit) return 0 ;;
	serve:--workers | serve:--max-*) return 0 ;;
	lab:-n | lab:--runs | lab:-p | lab:--parallel) return 0 ;;
	lab:-f | lab:--file | serve:--config | pipe:-k | pipe:--key | meet:-k | meet:--key)
		compopt -o filenames 2>/dev/null || true
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return 0
		;;
	esac
	if [[ $command == key && $current != -* ]]; then
		compopt -o filenames 2>/dev/null || true
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return 0
	fi
	if [[ $command == pipe && $current == [0-9]* ]]; then
		# After a word of a code comes another one, or the end of the line.
		compopt -o nospace 2>/dev/null || true
		mapfile -t COMPREPLY < <("${COMP_WORDS[0]}" pipe --complete "$current" 2>/dev/null)
		return 0
	fi
	if [[ $command == meet && $current != -* ]]; then
		compopt -o nospace 2>/dev/null || true
		mapfile -t COMPREPLY < <(compgen -A hostname -S : -- "$current")
	else
		_midair_reply "$(_midair_words "${COMP_WORDS[0]}" "$command" "$current")" "$current"
	fi
}

complete -F _midair midair
