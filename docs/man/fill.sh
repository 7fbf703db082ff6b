#!/bin/sh
# Puts what the program says of itself into a man page: fill.sh OPJOULE PAGE.1.scd SCDOC, the manual on standard output.
# In opjoule-COMMAND.1.scd the lines @SYNOPSIS@ and @OPTIONS@ stand for those of the command, in opjoule.1.scd the line
# @COMMANDS@ for the list of all.
set -eu

opjoule=$1 page=$2 scdoc=$3
command=$(basename "$page" .1.scd)
command=${command#opjoule}
command=${command#-}
# shellcheck disable=SC2086 # no command is no word
while IFS= read -r line; do
	case $line in
	@SYNOPSIS@) "$opjoule" help $command --as synopsis ;;
	@OPTIONS@ | @COMMANDS@) "$opjoule" help $command --as options ;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$page" | "$scdoc"
