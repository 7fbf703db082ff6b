#!/bin/sh
# What recording costs an executor, as ratios: bench_recorder first without a session, then under one. The session keeps
# its events in memory and nobody reads them, so that only the writing side is timed.
# usage: recorder.sh PATH-OF-bench_recorder
set -eu
. "$(dirname "$0")/../lttng.sh"

"$1"
channel='--subbuf-size=4M --num-subbuf=4'
lttng_start --snapshot --output="$scratch/snapshots"
LTTNG_UST_REGISTER_TIMEOUT=-1 "$1"
