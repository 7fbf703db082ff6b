#!/bin/sh
# Compares the three libraries with what the last release promised: libopjoule-X.so.N.abi.zst here, abidw's view of the
# public headers' part of each, N its SONAME's number.
#
#   abi.sh            a library that keeps its number N must run every program built against the release; one whose
#                     number was raised must have had a reason
#   abi.sh --update   writes the dumps anew from $OPJ_BUILD: done once, when a release is made
#
# Needs libabigail's abidw and abidiff, and libraries with debugging information (meson setup -Ddebug=true). Status 77:
# skipped, and why.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
headers=$here/../../include
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
	echo "abi.sh: SKIPPED: $*" >&2
	exit 77
}
command -v abidiff >/dev/null || skip "no abidiff (apt-get install abigail-tools)"

failed=0
fail() {
	echo "abi.sh: $*" >&2
	failed=1
}

for room in record replay analyze; do
	library=$(readlink -f "$OPJ_BUILD/$room/libopjoule-$room.so")
	readelf -S "$library" | grep -q '\.debug_info' || skip "$library has no debugging information"
	number=$(readelf -d "$library" | sed -n 's/.*SONAME.*\.so\.\([0-9]*\).*/\1/p')
	if [ "${1:-}" = --update ]; then
		abidw --headers-dir "$headers" --drop-private-types --no-corpus-path --no-comp-dir-path --no-show-locs \
			"$library" >"$scratch/abi"
		rm -f "$here/libopjoule-$room".so.*.abi.zst
		zstd -19 -q "$scratch/abi" -o "$here/libopjoule-$room.so.$number.abi.zst"
		continue
	fi
	released=$(basename "$here/libopjoule-$room".so.*.abi.zst .abi.zst)
	released=${released##*.}
	zstd -d -q -f "$here/libopjoule-$room.so.$released.abi.zst" -o "$scratch/$room.abi"
	status=0
	abidiff --headers-dir2 "$headers" --drop-private-types --no-added-syms "$scratch/$room.abi" "$library" \
		>"$scratch/report" 2>&1 || status=$?
	[ $((status & 3)) = 0 ] || fail "abidiff failed on $library: $(cat "$scratch/report")"
	broken=$(grep -cE 'summary:.* [1-9][0-9]* (Removed|Changed)|^  \[[DC]\]' "$scratch/report" || true)
	if [ "$number" -lt "$released" ]; then
		fail "libopjoule-$room.so.$number is older than the release's, $released"
	elif [ "$number" = "$released" ] && [ "$broken" != 0 ]; then
		cat "$scratch/report" >&2
		fail "programs built against libopjoule-$room.so.$released break: raise abi_version in meson.build and the number in $room/opjoule-$room.syms"
	elif [ "$number" -gt "$released" ] && [ "$broken" = 0 ]; then
		echo "libopjoule-$room.so.$number breaks nothing of $released by itself; the three share a number"
	fi
done
[ "$failed" = 0 ]
