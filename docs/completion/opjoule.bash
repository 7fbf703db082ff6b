# Completion of `opjoule` for bash. meson installs it where bash-completion looks; by itself: `. opjoule.bash`.
#
# Commands and options are asked from `opjoule --help` and `opjoule COMMAND --help`, counters, estimators, presets and
# settings from `opjoule models --names`: what the program gains, its completion has. Functions leave results in COMPREPLY.

# Options of a command, one a line, with a word behind them where they take one: "--by WHAT".
_opjoule_options() {
	"$1" "$2" --help 2>/dev/null |
		sed -nE 's/^ +(-[a-zA-Z], )?(--[a-z0-9-]+)( [A-Z][^ ]*| [a-z0-9]+\|[^ ]*)?( .*)?$/\2\3/p'
}

# The same with short names: "-c NAME".
_opjoule_short_options() {
	"$1" "$2" --help 2>/dev/null |
		sed -nE 's/^ +(-[a-zA-Z]), --[a-z0-9-]+( [A-Z][^ ]*| [a-z0-9]+\|[^ ]*)?( .*)?$/\1\2/p'
}

# Whether an option of a command takes a word.
_opjoule_takes_word() {
	{ _opjoule_options "$1" "$2"; _opjoule_short_options "$1" "$2"; } | grep -q -- "^$3 "
}

# Files that end in one of the extensions, and folders: _opjoule_files CURRENT EXTENSION…
_opjoule_files() {
	local current=$1 pattern
	shift
	pattern="*.@($(IFS='|'; echo "$*"))"
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(shopt -s extglob; compgen -f -X "!$pattern" -- "$current"; compgen -d -- "$current")
}

# NAME:PRESET,KEY=… of estimators, NAME,KEY=… of counters: _opjoule_spec PROGRAM CURRENT estimators|counters
_opjoule_spec() {
	local program=$1 current=$2 kind=$3 name=${2%%[:,]*} stem
	compopt -o nospace 2>/dev/null
	if [[ $current == *,* ]]; then
		stem=${current%,*},
		mapfile -t COMPREPLY < <(compgen -P "$stem" -S = -W "$("$program" models --names settings "$name" 2>/dev/null)" \
			-- "${current##*,}")
	elif [[ $kind == estimators && $current == *:* ]]; then
		mapfile -t COMPREPLY < <(
			compgen -W "$("$program" models --names presets "$name" 2>/dev/null)" -- "$current"
			shopt -s extglob
			compgen -P "$name:" -f -X '!*.@(yaml|yml)' -- "${current#*:}"
			compgen -P "$name:" -S / -d -- "${current#*:}"
		)
	else
		mapfile -t COMPREPLY < <(compgen -W "$("$program" models --names "$kind" 2>/dev/null)" -- "$current")
	fi
}

# The word behind an option: _opjoule_value PROGRAM COMMAND OPTION CURRENT
_opjoule_value() {
	local program=$1 command=$2 option=$3 current=$4 words
	case $command:$option in
	replay:-n | replay:--count | replay:-m | replay:--module) return ;;
	*:-c | *:--count) _opjoule_spec "$program" "$current" counters; return ;;
	*:-m | *:--model) _opjoule_spec "$program" "$current" estimators; return ;;
	*:--plugin) _opjoule_files "$current" so; return ;;
	*:--machine | *:--grid | *:-g) _opjoule_files "$current" yaml yml; return ;;
	*:--input | *:-i) _opjoule_files "$current" npy h5 hdf5; return ;;
	*:--output | *:-o)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	# Choices stand in the usage: "[--by module|stage|op]".
	[[ $option == -f ]] && option=--format
	words=$("$program" "$command" --help 2>/dev/null |
		sed -nE "s/.*(^|[^a-z-])$option ([a-z0-9]+(\|[a-z0-9]+)+).*/\2/p" | head -n 1)
	mapfile -t COMPREPLY < <(compgen -W "${words//|/ }" -- "$current")
}

# What is no option: _opjoule_operand PROGRAM COMMAND CURRENT
_opjoule_operand() {
	case $2 in
	run) _opjoule_files "$3" nir ;;
	import) _opjoule_files "$3" jsonl ;;
	models)
		mapfile -t COMPREPLY < <(compgen -W "$("$1" models --names counters 2>/dev/null
			"$1" models --names estimators 2>/dev/null
			"$1" models --names presets 2>/dev/null)" -- "$3")
		;;
	*) _opjoule_files "$3" opj jsonl ;;
	esac
}

# Where the command that `opjoule record` runs begins, in words; their number where it does not yet.
_opjoule_recorded() {
	local program=$1 i
	shift
	local words=("$@")
	for ((i = 2; i < ${#words[@]}; i++)); do
		case ${words[i]} in
		--) i=$((i + 1)); break ;;
		-*) _opjoule_takes_word "$program" record "${words[i]}" && i=$((i + 1)) ;;
		*) break ;;
		esac
	done
	echo "$i"
}

# Completes the last of the words: PROGRAM COMMAND … CURRENT
_opjoule_words() {
	local program=$1 command=$2 start
	local words=("$@") count=$#
	local current=${words[count - 1]} previous=${words[count - 2]}
	if ((count == 2)); then
		mapfile -t COMPREPLY < <(compgen -W "$("$program" --help | sed -nE 's/^  ([a-z]+) .*/\1/p') --help --version" \
			-- "$current")
		return
	fi
	if [[ $command == record ]]; then
		start=$(_opjoule_recorded "$program" "${words[@]:0:count-1}")
		if ((start < count - 1)); then
			if [[ ${words[start]##*/} == opjoule ]]; then
				_opjoule_words "${words[@]:start}"
			else
				compopt -o filenames 2>/dev/null
				mapfile -t COMPREPLY < <(compgen -f -- "$current")
			fi
			return
		fi
		if [[ $current != -* ]] && ! _opjoule_takes_word "$program" record "$previous"; then
			mapfile -t COMPREPLY < <(compgen -c -- "$current")
			return
		fi
	fi
	if [[ $current == --*=* ]]; then
		_opjoule_value "$program" "$command" "${current%%=*}" "${current#*=}"
		COMPREPLY=("${COMPREPLY[@]/#/${current%%=*}=}")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_opjoule_options "$program" "$command" | cut -d ' ' -f 1)" -- "$current")
	elif _opjoule_takes_word "$program" "$command" "$previous"; then
		_opjoule_value "$program" "$command" "$previous" "$current"
	else
		_opjoule_operand "$program" "$command" "$current"
	fi
}

_opjoule() {
	local line=${COMP_LINE:0:COMP_POINT} words stem i
	COMPREPLY=()
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=("")
	((${#words[@]} < 2)) && return
	stem=${words[-1]}
	words[0]=${words[0]/#\~\//$HOME/}
	command -v -- "${words[0]}" >/dev/null || return
	_opjoule_words "${words[@]}"
	# bash takes : and = for the beginning of a word, so what is before them must not be repeated.
	stem=${stem%"${stem##*[:=]}"}
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"$stem"}
	done
}

complete -F _opjoule opjoule
