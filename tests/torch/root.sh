#!/bin/sh
# Runs a command in a Debian 13 root that has PyTorch, for hosts that have none: root.sh [OPTION…] COMMAND [ARGUMENT…]
#
#   -r FOLDER        where the root is, or is to be built; default: torch-root in $OPJ_BUILD, or in build/
#   -b HOST:INSIDE   show a folder of the host inside the root, read-only; may be given again
#   -w HOST:INSIDE   the same, writable
#
# The root is built by debootstrap in FOLDER.part and renamed when it is complete, so that one that is there is whole.
# The source tree is /src inside, read-only. Everything is mounted in a mount namespace of the command's own: it is gone
# when the command is, however that ends, and nobody who deletes FOLDER ever meets the host's /dev in it. Processes that
# the command leaves behind (a tracing daemon) end with it, and /run and /dev/shm are its own: commands may share a
# root. Status 77: no root can be had here, and why.
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
root=${OPJ_BUILD:-$source/build}/torch-root
binds=$source:/src writable=
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

skip() {
	echo "root.sh: SKIPPED: $*" >&2
	exit 77
}
usage() {
	echo "usage: root.sh [-r FOLDER] [-b HOST:INSIDE]… [-w HOST:INSIDE]… COMMAND [ARGUMENT…]" >&2
	exit 2
}
pair() { # pair HOST:INSIDE: whether it is one that a list with blanks between can hold
	case $1 in
	*[[:space:]]*) echo "root.sh: '$1': folders with blanks in their names are not taken" >&2 && exit 2 ;;
	/?*:/?*) ;;
	*) usage ;;
	esac
}

while getopts r:b:w: option; do
	case $option in
	r) root=$OPTARG ;;
	b) pair "$OPTARG" && binds="$binds $OPTARG" ;;
	w) pair "$OPTARG" && writable="$writable $OPTARG" ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || usage

[ "$(id -u)" = 0 ] || skip "a Debian root can be built and entered by root only"
unshare --mount true 2>/dev/null || skip "this host gives no mount namespace (unshare --mount)"

# enter ROOT COMMAND…: runs the command in the root, with the folders asked for and an environment of its own.
enter() {
	into=$1
	shift
	unshare --mount --pid --fork --kill-child sh -eu -c '
		root=$1 binds=$2 writable=$3
		shift 3
		mount -t proc proc "$root/proc"
		mount --rbind /sys "$root/sys"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
		mount -t tmpfs tmpfs "$root/run"
		for pair in $binds $writable; do
			mkdir -p "$root${pair#*:}"
			mount --bind "${pair%%:*}" "$root${pair#*:}"
		done
		for pair in $binds; do
			mount -o remount,bind,ro "$root${pair#*:}"
		done
		exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			TERM="${TERM:-dumb}" ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
			OPJ_IN_ROOT=1 "$@"
	' enter "$into" "$binds" "$writable" "$@"
}

build() {
	command -v debootstrap >/dev/null || skip "$root is not there, and no debootstrap to build it (apt-get install debootstrap)"
	trap 'rm -rf --one-file-system "$root.part"' EXIT
	trap 'exit 1' INT TERM
	echo "building a Debian 13 root with PyTorch in $root; this takes minutes" >&2
	rm -rf --one-file-system "$root.part"
	mkdir -p "$root.part"
	log=$root.log
	# In a mount namespace as well: debootstrap mounts /proc, and may be stopped in the middle.
	unshare --mount --pid --fork --kill-child debootstrap --variant=minbase --include=ca-certificates trixie "$root.part" "$mirror" \
		>"$log" 2>&1 || skip "debootstrap cannot build $root from $mirror: $(tail -n 2 "$log")"
	install "$root.part"
	mv "$root.part" "$root"
}

# install ROOT: what building needs, PyTorch and what its tests need; nothing to do where all of it is there.
install() {
	enter "$1" sh -eu -c '
		sh /src/docs/install-debian.sh
		for package in python3-torch libcriterion-dev jq procps zstd; do
			dpkg-query -W -f "\${Status}" "$package" 2>/dev/null | grep -q "ok installed" && continue
			apt-get update -qq
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null
		done
	' >&2 || skip "the packages that the root $1 needs cannot be installed from $mirror"
}

mkdir -p "$(dirname "$root")"
root=$(cd "$(dirname "$root")" && pwd)/$(basename "$root")
exec 9>"$root.lock"
flock 9 # one builds, others wait for it
if [ -d "$root" ]; then install "$root"; else build; fi
exec 9>&-

enter "$root" "$@"
