#!/bin/sh
# What replaying costs, as ratios to `babeltrace2` with its dummy sink on the same unpacked trace, and the size of the
# archive. The trace is that of gen_ops. Each figure is the best processor time of five runs, taken in turns.
# usage: replay.sh PATH-OF-gen_ops [OPS]
set -eu

gen=$1
ops=${2:-1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

"$OPJOULE" record --quiet -o "$dir/run.opj" -- "$gen" "$ops"
mkdir "$dir/unpacked"
tar --zstd -xf "$dir/run.opj" -C "$dir/unpacked"
# One folder per chunk; the comparison wants one.
folder=$(find "$dir/unpacked" -name metadata)
[ "$(echo "$folder" | wc -l)" = 1 ] || {
	echo "replay.sh: $ops ops make several chunks; ask for fewer" >&2
	exit 1
}
folder=$(dirname "$folder")
size=$(wc -c <"$dir/run.opj")

python3 - "$OPJOULE" "$folder" "$dir/run.opj" "$ops" "$size" <<'PYTHON'
import os
import sys

opjoule, folder, archive, ops, size = sys.argv[1:3] + [sys.argv[3]] + [int(a) for a in sys.argv[4:]]
five = [a for c in ("flop", "memory", "synop", "mac", "ac") for a in ("-c", c)]
everything = five + [a for c in ("neuron_state", "addressing", "neuromc_add", "neuromc_mul", "neuromc_cmp",
                                 "neuromc_mux", "neuromc_sqrt", "residency") for a in ("-c", c)]
everything += [a for m in ("compute", "lemaire", "neuromc", "spikesim") for a in ("-m", m)]
commands = {
    "babeltrace2, dummy sink": ["babeltrace2", folder, "--output-format=dummy"],
    "opjoule info": [opjoule, "info", folder],
    "five counters": [opjoule, "analyze", folder, *five],
    "five counters, from the archive": [opjoule, "analyze", archive, *five],
    "all counters, four estimators": [opjoule, "analyze", folder, *everything],
}
best = {name: (float("inf"), 0) for name in commands}


def run(command):
    """Processor seconds and peak memory in MiB."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"replay.sh: {' '.join(command)}: failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


for _ in range(5):
    for name, command in commands.items():
        seconds, memory = run(command)
        best[name] = min(seconds, best[name][0]), max(memory, best[name][1])
reference = best["babeltrace2, dummy sink"][0]
print(f"{ops} ops, {size / ops:.1f} compressed bytes per op")
for name, (seconds, memory) in best.items():
    print(f"{name:<34} {seconds:7.3f} s  {seconds / reference:5.2f} x  {memory:6.1f} MiB")
PYTHON
