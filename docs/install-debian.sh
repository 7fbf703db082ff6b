#!/bin/sh
# Installs from Debian's own archive what building opjoule needs; with the word "tests", what its tests need as well.
# Works on Debian 12 and 13, as root or through sudo, and does nothing where everything is there already.
set -eu

build="gcc pkg-config meson ninja-build lttng-tools liblttng-ust-dev liblttng-ctl-dev babeltrace2 libbabeltrace2-dev
	libzstd-dev libarchive-dev libjansson-dev libyaml-dev libhdf5-dev libopenblas-dev libdlpack-dev libxxhash-dev
	libcairo2-dev libfontconfig-dev python3-dev scdoc"
tests="libcriterion-dev clang-format zstd jq python3 chromium python3-jsonschema procps zsh libasan8 libubsan1 debootstrap abigail-tools"

wanted=$build
[ "${1:-}" = tests ] && wanted="$build $tests"

missing=
for package in $wanted; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "install-debian.sh: these packages are missing and only root can install them:$missing" >&2
		exit 1
	}
	as_root=sudo
fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# Policy scripts are asked not to start daemons: recording starts one when it needs it.
# shellcheck disable=SC2086 # the list is meant to be split
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
