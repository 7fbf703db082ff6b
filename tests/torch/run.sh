#!/bin/sh
# Runs the tests that need PyTorch: every test_*.py beside this script, or those whose paths from here are given. Where
# this host's python3 has torch 2.0 or newer they run on it and on the build in $OPJ_BUILD; where it has none, in a
# Debian 13 root (root.sh), in which the project is built first. A test says by status 77 that it is skipped. Status 77:
# none ran.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
build=${OPJ_BUILD:-$source/build}

has_torch() {
	python3 -c 'import sys, torch; sys.exit(int(torch.__version__.split(".")[0]) < 2)' 2>/dev/null
}

if ! has_torch; then
	[ -z "${OPJ_IN_ROOT:-}" ] || {
		echo "run.sh: python3 in the root has no torch" >&2
		exit 1
	}
	mkdir -p "$build/torch-build"
	exec sh "$source/tests/torch/root.sh" ${OPJ_TORCH_ROOT:+-r "$OPJ_TORCH_ROOT"} \
		-w "$build/torch-build:/build" ${OPJ_SPIKINGJELLY:+-b "$OPJ_SPIKINGJELLY:/spikingjelly"} \
		${OPJ_SNNTORCH:+-b "$OPJ_SNNTORCH:/snntorch"} ${OPJ_NORSE:+-b "$OPJ_NORSE:/norse"} \
		${OPJ_SHARED:+-b "$OPJ_SHARED:/shared"} \
		sh -eu -c '
			[ -f /build/build.ninja ] || meson setup /build /src -Dwerror=true -Dtests=false -Ddocs=false >/tmp/setup ||
				{ cat /tmp/setup; exit 1; }
			ninja -C /build -j2 >/tmp/ninja || { cat /tmp/ninja; exit 1; }
			mkdir -p /build/tests/bench # for the benchmark
			gcc -O2 -D_GNU_SOURCE -shared -fPIC -o /build/tests/bench/sampler.so /src/tests/bench/sampler.c
			[ -d /spikingjelly/spikingjelly ] && export OPJ_SPIKINGJELLY=/spikingjelly
			[ -d /snntorch/snntorch ] && export OPJ_SNNTORCH=/snntorch
			[ -d /norse/norse ] && export OPJ_NORSE=/norse
			[ -d /shared/golden ] && export OPJ_SHARED=/shared
			OPJ_BUILD=/build exec sh /src/tests/torch/run.sh "$@"
		' run.sh "$@"
fi

export OPJ_BUILD="$build" OPJ_SOURCE="$source" OPJOULE="$build/opjoule" PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH="$build/record/python${PYTHONPATH:+:$PYTHONPATH}"
export PATH="$build:$PATH"

cd "$source/tests/torch"
[ $# -gt 0 ] || set -- test_*.py
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT

# Two at a time, each with a session daemon of its own; what one says is printed when it ends.
printf '%s\n' "$@" | xargs -P 2 -n 1 sh -c '
	name=$1/$(basename "$2") status=0
	sh ../e2e/alone.sh python3 "$2" >"$name.log" 2>&1 || status=$?
	echo $status >"$name.status"
	cat "$name.log"
' sh "$said"

passed=0 failed=0 skipped=0
for test in "$@"; do
	status=$(cat "$said/$(basename "$test").status")
	case $status in
	0) passed=$((passed + 1)) ;;
	77) skipped=$((skipped + 1)) ;;
	*) failed=$((failed + 1)) && echo "run.sh: $test: status $status" >&2 ;;
	esac
done
echo "torch $(python3 -c 'import torch; print(torch.__version__)'): $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] || exit 1
[ "$passed" != 0 ] || exit 77
