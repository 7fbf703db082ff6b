#!/bin/sh
# What recording costs an executor, as ratios: bench_recorder first without a session, then under one. The session keeps
# its events in memory and nobody reads them, so that only the writing side is timed.
# usage: recorder.sh PATH-OF-bench_recorder
set -eu

bench=$1
session=opjoule-bench-$$
"$bench"

daemon=
cleanup() {
	lttng destroy "$session" >/dev/null 2>&1 || true
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	rm -rf "$scratch"
}
scratch=$(mktemp -d)
trap cleanup EXIT
trap 'exit 1' INT TERM

if ! lttng list >/dev/null 2>&1; then
	lttng-sessiond --no-kernel >"$scratch/log" 2>&1 &
	daemon=$!
	tries=0
	until lttng list >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ "$tries" = 100 ] || ! kill -0 "$daemon" 2>/dev/null; then
			echo "recorder.sh: no session daemon: $(cat "$scratch/log")" >&2
			exit 1
		fi
		sleep 0.1
	done
fi
lttng create "$session" --snapshot --output="$scratch/snapshots" >/dev/null
lttng enable-channel -s "$session" --userspace --buffers-pid --subbuf-size=4M --num-subbuf=4 memory >/dev/null
lttng enable-event -s "$session" -c memory --userspace 'opjoule:*' >/dev/null
lttng start "$session" >/dev/null
LTTNG_UST_REGISTER_TIMEOUT=-1 "$bench"
