#!/usr/bin/env python3
"""Compares what opjoule says of SpikingJelly's models with what SpikingJelly says of them.

usage: compare.py [--write FILE] [CASE...]

Needs torch, opjoule with its Python package, and a copy of SpikingJelly in $OPJ_SPIKINGJELLY. Every case is compared
three times: from an op log that a plain TorchDispatchMode wrote in the very run that SpikingJelly's counters saw, from
a trace recorded in a run that they saw, and from a trace of an unchanged script under `python3 -m opjoule`. Integers
must be equal, energies equal to a relative 1e-9 (tests/golden/golden.py). With --write the results take the place of
everything below the heading "## Results" in FILE. Status 1 when anything differs. """

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "golden"))

import golden  # noqa: E402

import cases  # noqa: E402

OPJOULE = os.environ.get("OPJOULE", "opjoule")
CASE = [sys.executable, str(HERE / "case.py")]
FRAGMENT = ("stage", "op_name", "core_type", "process_key", "loop_dims", "mac_count", "input_precision_bits", "source")
WAYS = {"log": "the plain op log", "trace": "a trace of the same run", "script": "a trace of the unchanged script"}


class Case(golden.Case):
    """A golden case whose fragments of backward are compared as a set: which of two branches comes first is torch's
    affair."""

    def __init__(self, folder, trace, addresses):
        super().__init__(folder, OPJOULE, trace)
        if addresses:
            self.expected["residency"] = json.loads((folder / "expected.json").read_text())["residency"]
        for want in self.expected["estimators"].values():
            sort_fragments(want)

    def ask(self, *arguments):
        report = super().ask(*arguments)
        for estimate in report["estimates"] if report else ():
            sort_fragments(estimate)
        return report


def sort_fragments(estimate):
    if "mapping_summary" in estimate:
        estimate["mapping_summary"].sort(
            key=lambda fragment: json.dumps([fragment[key] for key in FRAGMENT], sort_keys=True)
        )


def run(*command):
    done = subprocess.run(command, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"compare.py: {' '.join(command)}: status {done.returncode}")


def prepare(name, scratch):
    """Runs the case in all three ways; yields each way with its golden case."""
    log, trace = scratch / name / "log", scratch / name / "trace"
    log.mkdir(parents=True)
    trace.mkdir()
    run(*CASE, "expect", name, str(log))
    yield "log", Case(log, None, True)
    archive = str(trace / "run.opj")
    run(OPJOULE, "record", "--quiet", "-o", archive, "--", *CASE, "record", name, str(trace))
    expected = json.loads((log / "expected.json").read_text()) | json.loads((trace / "expected.json").read_text())
    (trace / "expected.json").write_text(json.dumps(expected))
    yield "trace", Case(trace, archive, True)
    archive = str(log / "run.opj")
    script = [sys.executable, "-m", "opjoule", *CASE[1:], "run", name, str(log / "weights.pt")]
    run(OPJOULE, "record", "--quiet", "-o", archive, "--", *script)
    case = Case(log, archive, False)
    if cases.CASES[name].optimizer:
        # SpikingJelly's profiler was told to leave the loss out; of an unchanged script nobody told us.
        case.expected["estimators"]["neuromc"].pop("unsupported_ops", None)
    yield "script", case


def total(figures):
    """One figure that stands for many."""
    if figures is None or "error" in figures:
        return None
    for key in ("total", "total_pj", "energy_total_pj"):
        if key in figures:
            return figures[key]
    if "metrics" in figures:
        return sum(figures["metrics"].get("Global", {}).values())
    return sum(level["total_bits"] for level in figures["level_rw_bits"].values())


def show(value):
    return "refused" if value is None else f"{value:.12g}" if isinstance(value, float) else str(value)


def compare(name, scratch):
    """Rows of a table, by what is compared: for each way SpikingJelly's total, and our total, figures and differences."""
    rows = {}
    for way, case in prepare(name, scratch):
        for path, arguments, find in case.questions():
            compared, failed = case.compared, len(case.failures)
            got = case.answer(path, arguments, find)
            kind, what = path.split(".", 1)
            row = rows.setdefault(path, {})
            row["peer", way] = total(case.expected[kind][what])
            row[way] = total(got), case.compared - compared, len(case.failures) - failed
        print(f"{name}, {WAYS[way]}: {case.compared} figures compared, {len(case.failures)} differ", flush=True)
        for failure in case.failures[:20]:
            print("  " + failure, flush=True)
    return rows


def table(name, rows):
    lines = [
        f"### {name}",
        "",
        cases.CASES[name].about + ".",
        "",
        "| | SpikingJelly | opjoule | figures compared | differ: log, trace, script |",
        "|---|---:|---:|---:|---|",
    ]
    for path, row in rows.items():
        ways = [row.get(way) for way in WAYS]
        compared = sum(way[1] for way in ways if way)
        differ = ", ".join("–" if way is None else str(way[2]) for way in ways)
        kind, what = path.split(".", 1)
        what = f"residency, {what}" if kind == "residency" else what
        lines.append(f"| {what} | {show(row['peer', 'trace'])} | {show(row['trace'][0])} | {compared} | {differ} |")
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in arguments.names or cases.CASES:
            results[name] = compare(name, pathlib.Path(scratch))
    figures = [
        way for rows in results.values() for row in rows.values() for way in row.values() if isinstance(way, tuple)
    ]
    failed = sum(way[2] for way in figures)
    print(f"{len(results)} cases, {sum(way[1] for way in figures)} figures compared, {failed} differ")
    if arguments.write:
        import torch

        head = arguments.write.read_text().partition("\n## Results\n")[0]
        lines = ["", f"torch {torch.__version__}, seed {cases.SEED}.", ""]
        for name, rows in results.items():
            lines += table(name, rows) + [""]
        arguments.write.write_text(head + "\n## Results\n" + "\n".join(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
