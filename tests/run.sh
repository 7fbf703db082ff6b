#!/bin/sh
# From a fresh clone to tested: installs what is needed, builds with warnings as errors, checks formatting, runs every
# test, and in a build with the address and undefined-behaviour sanitizers those tests again that find something new
# there. The last line counts.
#
# Tests wait more than they compute, for daemons and browsers, so more of them run at a time than there are CPUs; and the
# sanitized build is made while the tests of the first one run.
set -eu
cd "$(dirname "$0")/.."

sh docs/install-debian.sh tests
! command -v ccache >/dev/null || export CC="${CC:-ccache gcc}"

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

build() { # build DIR MESON-OPTION…
	dir=$1
	shift
	[ -d "$dir" ] || meson setup "$dir" -Dwerror=true "$@"
	meson compile -C "$dir"
}

jobs=$((2 * $(nproc)))
run() { # run DIR MESON-TEST-ARGUMENT…: what meson prints goes to DIR/test-output.txt as well
	dir=$1
	shift
	meson test -C "$dir" --no-rebuild --print-errorlogs --num-processes "$jobs" "$@" 2>&1 | tee "$dir/test-output.txt" || true
}

number() { sed -n "s/^$1: *\([0-9]*\) *\$/\1/p" "$2" | tail -n 1; }

count() { # count DIR: adds up what the tests in DIR said
	log=$1/test-output.txt
	ok=$(number Ok "$log") bad=$(number Fail "$log") skip=$(number Skipped "$log") late=$(number Timeout "$log")
	unexpected=$(number 'Unexpected Pass' "$log")
	passed=$((passed + ${ok:-0}))
	failed=$((failed + ${bad:-0} + ${late:-0} + ${unexpected:-0}))
	skipped=$((skipped + ${skip:-0}))
	[ -n "$ok" ] || {
		echo "tests/run.sh: meson test said nothing of results in $1" >&2
		failed=$((failed + 1))
	}
}

# With debugging information: tests/abi compares types.
build build-tests -Ddebug=true
run build-tests >build-tests/said 2>&1 &
build build-sanitized -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debug -Doptimization=1 -Ddocs=false || {
	wait
	exit 1
}
wait $!
cat build-tests/said
run build-sanitized --suite unit --suite fuzz --suite golden --suite sanitized
count build-tests
count build-sanitized

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
