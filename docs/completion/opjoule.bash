# Completion of `opjoule` for bash. meson installs it where bash-completion looks; by itself: `. opjoule.bash`.
#
# Commands and options are asked from `opjoule help --as words`, counters, estimators, presets and settings from
# `opjoule models --names`: what the program gains, its completion has. Functions leave results in COMPREPLY.

# What `opjoule help --as words` has of an option, by its long or short name, or of "operands": the word it takes and
# what completes that: _opjoule_row PROGRAM COMMAND OPTION; "-": none
_opjoule_row() {
	"$1" help --as words "$2" 2>/dev/null | awk -F '\t' -v name="$3" '
		$1 == name && name == "operands" { print "-\t" $2; exit }
		$1 == name || $2 == name && name ~ /^-./ { print $3 "\t" $4; exit }'
}

# Whether an option of a command takes a word.
_opjoule_takes_word() {
	local row
	row=$(_opjoule_row "$1" "$2" "$3")
	[[ -n $row && $row != -$'\t'* ]]
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

# What a row completes: _opjoule_value PROGRAM COMMAND OPTION|operands CURRENT
_opjoule_value() {
	local program=$1 row current=$4
	row=$(_opjoule_row "$program" "$2" "$3")
	local what=${row#*$'\t'}
	case $what in
	counters | estimators) _opjoule_spec "$program" "$current" "$what" ;;
	files)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	files\ *)
		# shellcheck disable=SC2086 # extensions are words
		_opjoule_files "$current" ${what#files }
		;;
	choices\ *) mapfile -t COMPREPLY < <(compgen -W "${what#choices }" -- "$current") ;;
	commands) mapfile -t COMPREPLY < <(compgen -W "$("$program" help --as words | cut -f 1)" -- "$current") ;;
	programs) mapfile -t COMPREPLY < <(compgen -c -- "$current") ;;
	models)
		mapfile -t COMPREPLY < <(compgen -W "$("$program" models --names counters 2>/dev/null
			"$program" models --names estimators 2>/dev/null
			"$program" models --names presets 2>/dev/null)" -- "$current")
		;;
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
		mapfile -t COMPREPLY < <(compgen -W "$("$program" help --as words | cut -f 1) --help --version" -- "$current")
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
	fi
	if [[ $current == --*=* ]]; then
		_opjoule_value "$program" "$command" "${current%%=*}" "${current#*=}"
		COMPREPLY=("${COMPREPLY[@]/#/${current%%=*}=}")
	elif [[ $current == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$program" help --as words "$command" | cut -f 1 | grep '^--')" -- "$current")
	elif _opjoule_takes_word "$program" "$command" "$previous"; then
		_opjoule_value "$program" "$command" "$previous" "$current"
	else
		_opjoule_value "$program" "$command" operands "$current"
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
