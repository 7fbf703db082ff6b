#!/bin/sh
# What a thousand configurations cost, as ratios to one `opjoule analyze` of the same estimator on the trace of gen_ops;
# and what threads save where configurations cannot share a pass. Each figure is the best of five runs, taken in turns:
# processor time for the thousand, elapsed time for the threads. CHECK of the thousand (default 20) are also analyzed by
# themselves and must agree.
# usage: sweep.sh PATH-OF-gen_ops [OPS]
set -eu

gen=$1
ops=${2:-1000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM

"$OPJOULE" record --quiet -o "$dir/run.opj" -- "$gen" "$ops"
cat >"$dir/compute.yaml" <<'YAML'
estimators:
  - estimator: compute
    e_mac_pj: {from: 0.1, to: 10, steps: 40, scale: log}
    e_ac_pj: {from: 0.01, to: 2, steps: 25}
YAML
cat >"$dir/lemaire.yaml" <<'YAML'
estimators:
  - estimator: lemaire
    e_add_pj: {from: 0.01, to: 1, steps: 10, scale: log}
    e_mul_pj: {from: 0.1, to: 4, steps: 10}
    memory2_bytes: {from: 16KiB, to: 256KiB, steps: 10, scale: log}
YAML
cat >"$dir/residency.yaml" <<'YAML'
counters:
  - {counter: residency, sram: {from: 64KiB, to: 32MiB, steps: 16, scale: log}}
YAML

python3 - "$OPJOULE" "$dir" <<'PYTHON'
import os
import sys
import time

opjoule, folder = sys.argv[1:]
trace = f"{folder}/run.opj"


def sweep(name, *options):
    return [opjoule, "sweep", trace, "--grid", f"{folder}/{name}.yaml", *options]


def run(command):
    """Processor and elapsed seconds, peak memory in MiB."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        sys.exit(f"sweep.sh: {' '.join(command)}: failed")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start, usage.ru_maxrss / 1024


def compare(title, kind, reference, commands):
    best = {name: (float("inf"), 0) for name in (reference, *commands)}
    for _ in range(5):
        for name, command in commands.items():
            figures = run(command)
            best[name] = min(figures[kind], best[name][0]), max(figures[2], best[name][1])
    print(title)
    for name, (seconds, memory) in best.items():
        print(f"  {name:<44} {seconds:7.3f} s  {seconds / best[reference][0]:5.2f} x  {memory:6.1f} MiB")


for model in ("compute", "lemaire"):
    one = f"analyze -m {model}"
    compare(f"{model}, processor time (at most 1.20 x)", 0, one,
            {one: [opjoule, "analyze", trace, "-m", model], "sweep, 1000 configurations": sweep(model)})
one = "analyze -c residency"
compare(f"residency, elapsed time, {os.cpu_count()} processors", 1, one, {
    one: [opjoule, "analyze", trace, "-c", "residency"],
    "sweep, 16 configurations, one thread": sweep("residency", "--jobs", "1"),
    "sweep, 16 configurations, two threads": sweep("residency", "--jobs", "2"),
    "sweep, 16 configurations, four threads": sweep("residency", "--jobs", "4"),
})
PYTHON
every=$((1000 / ${CHECK:-20}))
for model in compute lemaire; do
	python3 "$OPJ_SOURCE/tests/e2e/sweep_equal.py" "$OPJOULE" "$dir/run.opj" "$dir/$model.yaml" "$every"
done
