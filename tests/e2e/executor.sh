#!/bin/sh
# The example of docs/recorder.md, recorded by a session made by hand and read by babeltrace2 alone: event by event the
# text of executor.expected. Addresses differ from run to run and are left out.
set -eu
. "$OPJ_SOURCE/tests/lttng.sh"

"$OPJ_BUILD/tests/e2e/executor" # nobody listens: it simply runs

channel='--blocking-timeout=inf --subbuf-size=1M'
lttng_start --output="$scratch/trace"
LTTNG_UST_ALLOW_BLOCKING=1 LTTNG_UST_REGISTER_TIMEOUT=-1 "$OPJ_BUILD/tests/e2e/executor" &
pid=$!
wait "$pid"
lttng stop "$session" >/dev/null

# Only its own folder: the session saw every other traced process of this user as well.
babeltrace2 "$scratch"/trace/ust/pid/executor-"$pid"-* | sed -E 's/^.* (opjoule:[a-z_]+): \{ cpu_id = [0-9]+ \}, /\1 /
	s/\[[0-9]+\] = //g; s/_[a-z]+_length = [0-9]+, //g; s/(address = \[ )[0-9][^]]*\]/\1… ]/
	s/18446744073709551615/-/g; s/tool = "opjoule [0-9.]+"/tool = "opjoule"/' >"$scratch/text"
diff -u "$OPJ_SOURCE/tests/e2e/executor.expected" "$scratch/text"
