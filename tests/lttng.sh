# tests/lttng.sh: for scripts that make an LTTng session by hand: `. tests/lttng.sh`.
# Uses the session daemon that runs, or starts one and stops it at the end. Leaves $scratch, an empty folder, and
# $session, a name that nobody else has; both are gone when the script ends.

scratch=$(mktemp -d)
session=opjoule-test-$$
daemon=

lttng_cleanup() {
	lttng destroy "$session" >/dev/null 2>&1 || true
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null || true
	rm -rf "$scratch"
}
trap lttng_cleanup EXIT
trap 'exit 1' INT TERM

lttng_daemon() {
	lttng list >/dev/null 2>&1 && return 0
	lttng-sessiond --no-kernel >"$scratch/daemon-log" 2>&1 &
	daemon=$!
	tries=0
	until lttng list >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ "$tries" = 100 ] || ! kill -0 "$daemon" 2>/dev/null; then
			echo "$0: no session daemon: $(cat "$scratch/daemon-log")" >&2
			exit 1
		fi
		sleep 0.1
	done
}

# lttng_start CREATE-OPTION… : a session of all opjoule events, with the channel options in $channel.
lttng_start() {
	lttng_daemon
	lttng create "$session" "$@" >/dev/null
	# shellcheck disable=SC2086 # options are meant to be split
	lttng enable-channel -s "$session" --userspace --buffers-pid $channel events >/dev/null
	lttng enable-event -s "$session" -c events --userspace 'opjoule:*' >/dev/null
	lttng start "$session" >/dev/null
}
