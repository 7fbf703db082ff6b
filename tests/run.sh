#!/bin/sh
# From a fresh clone to tested: installs what is needed, builds with warnings as errors, checks formatting, runs every
# test, then builds with the address and undefined-behaviour sanitizers and runs every test again. The last line counts.
set -eu
cd "$(dirname "$0")/.."

sh docs/install-debian.sh tests

passed=0 failed=0 skipped=0

# Formatting is checked with the version that Debian 12 has: others lay out some lines differently.
if clang-format --version | grep -q 'version 14\.'; then
	if git ls-files -z -- '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
else
	echo "SKIPPED: formatting is checked with clang-format 14, which is not here" >&2
	skipped=$((skipped + 1))
fi

number() { sed -n "s/^$1: *\([0-9]*\) *\$/\1/p" "$2" | tail -n 1; }

suite() { # suite DIR LEFT-OUT MESON-OPTION…
	dir=$1 left_out=$2
	shift 2
	[ -d "$dir" ] || meson setup "$dir" -Dwerror=true "$@"
	meson compile -C "$dir"
	log=$dir/test-output.txt
	meson test -C "$dir" --no-rebuild --print-errorlogs ${left_out:+--no-suite "$left_out"} 2>&1 | tee "$log" || true
	ok=$(number Ok "$log") bad=$(number Fail "$log") skip=$(number Skipped "$log") late=$(number Timeout "$log")
	unexpected=$(number 'Unexpected Pass' "$log")
	passed=$((passed + ${ok:-0}))
	failed=$((failed + ${bad:-0} + ${late:-0} + ${unexpected:-0}))
	skipped=$((skipped + ${skip:-0}))
	[ -n "$ok" ] || {
		echo "tests/run.sh: meson test said nothing of results in $dir" >&2
		failed=$((failed + 1))
	}
}

suite build-tests ""
suite build-sanitized torch -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
