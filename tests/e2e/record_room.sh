#!/bin/sh
# No room on the disk: the command always goes on to its end, what was recorded before stays readable, and the message and
# the exit status say that something is missing. Needs root, to mount small file systems.
. "$OPJ_SOURCE/tests/e2e/lib.sh"

end() {
	cd /
	umount "$dir/small" "$dir/tiny" 2>/dev/null || true
}
mkdir "$dir/small" "$dir/tmp"
[ "$(id -u)" = 0 ] && mount -t tmpfs -o size=8M tmpfs "$dir/small" 2>/dev/null ||
	skip 'a small file system can be mounted by root only'
cd "$dir/small"
unset TMPDIR

# expect TEXT ARGUMENT…: record fails with 125 and the text, after the command has ended by itself.
expect() {
	text=$1
	shift
	status=0
	rm -f ended
	"$OPJOULE" record -o x.opj "$@" >ended 2>"$dir/err" || status=$?
	[ "$status" = 125 ] || fail "$*: status $status: $(cat "$dir/err")"
	grep -q "$text" "$dir/err" || fail "$*: no \"$text\" in: $(cat "$dir/err")"
	left=$(find . -name '.opjoule-*' -o -name '*.part')
	[ -z "$left" ] || fail "$*: left behind: $left"
}
manifest() { tar --zstd -xOf x.opj manifest.json; }

# From the beginning.
expect 'no room on the disk: recording needs' -- "$loop" 100
[ ! -e x.opj ] || fail "an archive where nothing was recorded"

# In the middle: raw trace and archive on the same small disk, with and without rotation.
for rotate in 0 16MiB; do
	rm -f x.opj
	mount -o remount,size=100M "$dir/small"
	expect 'no room on the disk: recording stopped after' --rotate "$rotate" -- \
		sh -c "head -c 20M /dev/zero >filler; $loop 3000000; echo ended"
	grep -q ended ended || fail "the command did not end by itself"
	rm -f filler
	manifest | jq -e '(.complete | not) and (.why | test("no room on the disk")) and .lost_events == 0 and .ops > 1000' \
		>/dev/null || fail "manifest: $(manifest)"
	mkdir "$dir/unpacked"
	tar --zstd -xf x.opj -C "$dir/unpacked"
	events=$(babeltrace2 "$dir/unpacked" 2>/dev/null | grep -o 'seq = [0-9]*' | sort -u | wc -l)
	[ "$events" -gt 1000 ] || fail "$events events"
	rm -rf "$dir/unpacked"
done

# The archive has no room, the raw trace has: chunks that were archived before stay, and so does the raw trace.
rm -f x.opj
mount -o remount,size=10M "$dir/small"
export TMPDIR="$dir/tmp"
expect 'x.opj.part: cannot write: No space left on device' --rotate 16MiB -- sh -c "$loop 2000000; echo ended"
grep -q ended ended || fail "the command did not end by itself"
manifest | jq -e '(.complete | not) and (.why | test("No space left"))' >/dev/null || fail "manifest: $(manifest)"
raw=$(sed -n 's/.*the raw trace is kept in //p' "$dir/err")
[ -n "$(find "$raw" -name metadata)" ] || fail "the raw trace is not in $raw"

# No room to unpack a trace that is read: nothing of it is taken for all of it.
mkdir "$dir/tiny"
mount -t tmpfs -o size=16k tmpfs "$dir/tiny"
status=0
TMPDIR=$dir/tiny "$OPJOULE" replay "$OPJ_SOURCE/traces/schema_1_0/native.opj" >"$dir/out" 2>"$dir/err" || status=$?
[ "$status" = 1 ] || fail "replay without room: status $status"
says 'cannot unpack: No space left on device'
