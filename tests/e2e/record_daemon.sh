#!/bin/sh
# The session daemon: `opjoule record` as an ordinary user starts one where none runs, stops what it started and nothing
# else, gets on with what crashed daemons leave, and says what is missing where none can be started. Needs root, to become
# a user who has no home folder and no daemon.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

[ "$(id -u)" = 0 ] || skip 'only root can become another user'
mkdir "$dir/home" "$dir/work"
chown 65534 "$dir/home" "$dir/work"
chmod 755 "$dir"
cd "$dir/work"

# What runs a command as nobody, who cannot write in its home.
as_user='setpriv --reuid=65534 --regid=65534 --clear-groups env -u TMPDIR -u LTTNG_HOME HOME=/nonexistent'
in_home="$as_user HOME=$dir/home"

daemons() { # process ids of nobody's daemons; one that has ended and waits for its parent does not run
	pgrep -u 65534 -r D,R,S -x lttng-sessiond || true
}

end() {
	[ ! -s "$dir/pid" ] || kill "$(cat "$dir/pid")" 2>/dev/null || true
}

$as_user "$loop" 1 || skip "user nobody cannot run $loop"
[ -z "$(daemons)" ] || skip 'a session daemon of user nobody runs already'
written() { [ "$(cat .opjoule-*/status/* | od -An -tu8 -j16 -N8)" -gt 0 ]; } # ops, by the page of record/status.h
ops() { manifest "$1" | jq .ops; }

# No daemon, no home.
homes=$(ls -d /tmp/opjoule-home-* 2>/dev/null | wc -l)
$as_user "$OPJOULE" record -o a.opj -- "$loop" 100 2>err || fail "without a home: $(cat err)"
[ "$(ops a.opj)" = 100 ] || fail "a.opj: $(ops a.opj) ops"
[ -z "$(daemons)" ] || fail "the daemon that was started still runs"
[ "$(ls -d /tmp/opjoule-home-* 2>/dev/null | wc -l)" = "$homes" ] || fail "a private home stays behind"

# The same when the command fails, is not there, or is interrupted.
$as_user "$OPJOULE" record -q -o b.opj -- "$loop" 100 signal=9 2>err && fail "killed, and yet 0"
$as_user "$OPJOULE" record -q -o c.opj -- ./not-there 2>err && fail "not there, and yet 0"
$as_user setsid env --default-signal=INT,TERM "$OPJOULE" record -q -o d.opj -- "$loop" 100000000 pause-us=1000 2>err &
pid=$!
within 60 written
kill -s TERM "$pid"
wait "$pid" && fail "terminated, and yet 0"
[ "$(ops d.opj)" -gt 0 ] || fail "d.opj has no ops"
[ -z "$(daemons)" ] || fail "a daemon still runs after a failure"

# Two at a time share the daemon; the last one stops it.
$in_home "$OPJOULE" record -q -o e.opj -- "$loop" 20000 pause-us=50000 &
first=$!
$in_home "$OPJOULE" record -q -o f.opj -- "$loop" 40000 pause-us=50000 &
second=$!
wait "$first" || fail "the first of two failed"
wait "$second" || fail "the second of two failed"
[ "$(ops e.opj)" = 20000 ] && [ "$(ops f.opj)" = 40000 ] || fail "ops: $(ops e.opj), $(ops f.opj)"
[ -z "$(daemons)" ] || fail "the shared daemon still runs"

# A daemon that the user runs is used, and left alone.
$in_home lttng-sessiond --daemonize --no-kernel
cp "$dir/home/.lttng/lttng-sessiond.pid" "$dir/pid"
$in_home "$OPJOULE" record -q -o g.opj -- "$loop" 7 || fail "with a daemon that runs"
[ "$(ops g.opj)" = 7 ] || fail "g.opj: $(ops g.opj) ops"
kill -0 "$(cat "$dir/pid")" || fail "a daemon that others started was stopped"
[ "$($in_home lttng --no-sessiond list | grep -c opjoule)" = 0 ] || fail "a session stays behind"

# A recording that is killed leaves its session; the next one takes it down. The raw trace stays.
$in_home "$OPJOULE" record -q -o killed.opj -- "$loop" 100000000 pause-us=1000 &
pid=$!
within 60 recording
kill -9 "$pid"
wait "$pid" || true
kill -9 "$(cd .opjoule-*/status && ls)"
$in_home "$OPJOULE" record -q -f -o g.opj -- "$loop" 9 || fail "after a recording that was killed"
[ "$($in_home lttng --no-sessiond list | grep -c opjoule)" = 0 ] || fail "the session of a killed recording lives on"
[ -n "$(find .opjoule-* -name metadata)" ] || fail "the raw trace of a killed recording is gone"
rm -r .opjoule-* killed.opj.part

# It crashes: its sockets and its pid file are still there.
pid=$(cat "$dir/pid")
kill -9 "$pid"
gone() { ! runs "$pid"; } # a zombie, where nobody reaps it, is as good as gone
within 60 gone
rm "$dir/pid"
[ -e "$dir/home/.lttng/client-lttng-sessiond" ] || fail "no stale socket to test with"
$in_home "$OPJOULE" record -q -o h.opj -- "$loop" 8 || fail "after a crash of the daemon"
[ "$(ops h.opj)" = 8 ] || fail "h.opj: $(ops h.opj) ops"
[ -z "$(daemons)" ] || fail "the daemon started after a crash still runs"

# One that does not start, and says why.
mkdir "$dir/bin"
printf '#!/bin/sh\necho "Error: no luck today" >&2\nexit 1\n' >"$dir/bin/lttng-sessiond"
chmod 755 "$dir/bin" "$dir/bin/lttng-sessiond"
status=0
$in_home PATH="$dir/bin:$PATH" "$OPJOULE" record -o i.opj -- "$loop" 8 2>err || status=$?
[ "$status" = 125 ] || fail "with a daemon that does not start: status $status"
grep -q 'does not start: Error: no luck today' err || fail "no reason given: $(cat err)"

# None installed, as far as a process can see that has a file without permissions in its place.
: >"$dir/nothing"
if unshare --mount true 2>/dev/null; then
	status=0
	unshare --mount sh -c 'mount --bind "$1" "$(command -v lttng-sessiond)" && shift && exec "$@"' sh "$dir/nothing" \
		setpriv --reuid=65534 --regid=65534 --clear-groups env -u TMPDIR HOME="$dir/home" PATH=/usr/bin:/bin \
		"$OPJOULE" record -o i.opj -- "$loop" 8 2>err || status=$?
	[ "$status" = 125 ] || fail "without lttng-sessiond: status $status: $(cat err)"
	grep -q 'lttng-sessiond is not installed' err || fail "no word of what is missing: $(cat err)"
else
	echo "record_daemon.sh: no mount namespaces here: \"not installed\" is not tested" >&2
fi
[ ! -e i.opj ] || fail "an archive without a daemon"
left=$(find . -name '.opjoule-*' -o -name '*.part')
[ -z "$left" ] || fail "left behind: $left"
