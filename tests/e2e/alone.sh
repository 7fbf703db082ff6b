#!/bin/sh
# alone.sh COMMAND [ARGUMENT…]: runs a test that records, apart from every other one, so that tests can run side by side.
# Where namespaces can be had (as root, or where users may make them) the command has processes, /run and /dev/shm of its
# own, and so LTTng daemons and buffers of its own; its first process reaps what daemons leave, and nothing outlives it.
# Elsewhere such tests wait for one another.
set -eu

inside='
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mkdir -m 1777 /run/lock
"$@" || exit # in a process of its own: this one stays the first, and reaps
exit 0'

own='unshare --mount --pid --fork --kill-child --mount-proc'
[ "$(id -u)" = 0 ] || own="$own --map-root-user"
# In a root of tests/torch/root.sh, whose mounts are private already and whose / is none.
[ -z "${OPJ_IN_ROOT:-}" ] || own="$own --propagation unchanged"
if $own sh -euc "$inside" sh true 2>/dev/null; then
	exec $own sh -euc "$inside" sh "$@"
fi
echo "alone.sh: no namespaces here: one after the other" >&2
exec flock "${TMPDIR:-/tmp}/opjoule-tests-$(id -u).lock" "$@"
