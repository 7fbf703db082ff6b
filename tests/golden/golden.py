#!/usr/bin/env python3
"""Compares `opjoule analyze --json` with expected figures, case by case and field by field.

A case is a folder with ops.jsonl and expected.json. Two collections are walked: tests/golden/cases (figures worked out
by hand; always there) and $OPJ_SHARED/golden (a reference's figures for whole networks; may be absent, then the exit
status is 77). Integers must be equal, energies equal to a relative 1e-9. A counter or estimator that expected.json has
and the program does not is a failure like a wrong figure.

usage: golden.py [--shared] [--trace FILE] [CASE...]

With --trace the figures of the case are compared with what the program says of that trace, in place of the case's op
log; residency, which depends on the addresses an allocator gave out, is left out.
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys

# What to ask for to get the report that expected.json has under this name.
ESTIMATES = {
    "compute_fp32": "compute:fp32",
    "compute_fp16": "compute:fp16",
    "compute_int8": "compute:int8",
    "lemaire": "lemaire",
    "lemaire_dense": "lemaire,sparse=false",
    "lemaire_threshold_0.8": "lemaire,sparse_zero_ratio_threshold=0.8",
    "neuromc": "neuromc",
    "spikesim_dense": "spikesim",
    "spikesim_dense_sram_128": "spikesim,device=sram,xbar_size=128",
    "spikesim_event": "spikesim,activity_mode=event",
    "spikesim_event_16": "spikesim,activity_mode=event,xbar_size=16",
}
# What the reference calls a field of an estimate, and we call otherwise.
NAMES = {"total_pj": "energy_total_pj"}
RESIDENCY = {
    "default": "residency,identity=address",
    "reg64KiB_sram256KiB": "residency,identity=address,reg=64KiB,sram=256KiB",
}
TOLERANCE = 1e-9


class Case:
    def __init__(self, folder, opjoule, trace):
        self.name = folder.name
        self.log = trace or folder / "ops.jsonl"
        self.expected = json.loads((folder / "expected.json").read_text())
        if trace:
            del self.expected["residency"]
        self.opjoule = opjoule
        self.failures = []
        self.compared = 0

    def fail(self, path, message):
        self.failures.append(f"{self.name}: {path}: {message}")

    def ask(self, *arguments):
        """The program's report, or None and a failure."""
        done = subprocess.run([self.opjoule, "analyze", str(self.log), "--json", *arguments], capture_output=True)
        if done.returncode != 0:
            self.fail(" ".join(arguments), f"status {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
            return None
        return json.loads(done.stdout)

    def compare(self, path, want, got):
        if path.endswith(".warnings"):
            self.compared += 1
            if want != len(got):
                self.fail(path, f"{want} warnings expected, not {got}")
        elif isinstance(want, dict):
            self.compare_objects(path, want, got)
        elif isinstance(want, list):
            if not isinstance(got, list) or len(got) != len(want):
                self.fail(path, f"a list of {len(want)} expected, not {brief(got)}")
                return
            for i, item in enumerate(want):
                self.compare(f"{path}[{i}]", item, got[i])
        else:
            self.compared += 1
            if not equal(want, got):
                self.fail(path, f"{want!r} expected, not {got!r}")

    def compare_objects(self, path, want, got):
        if not isinstance(got, dict):
            self.fail(path, f"an object expected, not {brief(got)}")
            return
        for key, value in want.items():
            key = NAMES.get(key, key) if path in (f"estimators.{name}" for name in ESTIMATES) else key
            if key in got:
                self.compare(f"{path}.{key}", value, got[key])
            else:
                self.fail(f"{path}.{key}", f"missing; {brief(value)} expected")
        # In tables of scopes, stages and ops an entry too many is as wrong as one too few.
        if path.endswith(("by_scope", "by_stage", "by_op", "metrics", "projection")) or ".by_scope." in path:
            for key in got.keys() - want.keys():
                self.fail(f"{path}.{key}", f"{brief(got[key])}, where nothing is expected")

    def compare_refusal(self, path, error, got):
        """The reference refuses the network; we price what we can and must say what we left out."""
        self.compared += 1
        if not got["warnings"] and not got["uncovered"]:
            self.fail(path, f"nothing is said of what the reference refuses with \"{error}\"")

    def questions(self):
        """What is to be compared: its path, what to ask for, and how to find it in the report."""
        for name in self.expected.get("counters", {}):
            yield f"counters.{name}", ("-c", name), lambda report, name=name: report["counters"][name]
        for name in self.expected.get("residency", {}):
            yield f"residency.{name}", ("-c", RESIDENCY[name]), lambda report: report["counters"]["residency"]
        for name in self.expected.get("estimators", {}):
            if name not in ESTIMATES and ":" not in name:
                self.fail(f"estimators.{name}", "this test does not know how to ask for it")
                continue
            yield f"estimators.{name}", ("-m", ESTIMATES.get(name, name)), lambda report: report["estimates"][0]

    def answer(self, path, arguments, find):
        """Compares one; the program's figures, or None."""
        kind, name = path.split(".", 1)
        want, report = self.expected[kind][name], self.ask(*arguments)
        if not report:
            return None
        got = find(report)
        if "error" in want:
            self.compare_refusal(path, want["error"], got)
        else:
            self.compare(path, want, got)
        return got

    def run(self):
        for question in self.questions():
            self.answer(*question)
        self.run_together()

    def run_together(self):
        """Everything in one pass must say what each says alone."""
        counters = list(self.expected.get("counters", {}))
        estimates = [ESTIMATES.get(name, name) for name in self.expected.get("estimators", {})]
        report = self.ask(*[a for c in counters for a in ("-c", c)], *[a for e in estimates for a in ("-m", e)])
        if not report:
            return
        for name in counters:
            if "total" in self.expected["counters"][name]:
                self.compare(f"together.{name}.total", self.expected["counters"][name]["total"],
                             report["counters"][name]["total"])
        for i, name in enumerate(self.expected.get("estimators", {})):
            for total in ("energy_total_pj", "total_pj"):
                if total in self.expected["estimators"][name]:
                    self.compare(f"together.{name}.{total}", self.expected["estimators"][name][total],
                                 report["estimates"][i]["energy_total_pj"])


def equal(want, got):
    if isinstance(want, bool) or isinstance(got, bool) or isinstance(want, str) or want is None:
        return type(want) is type(got) and want == got
    if isinstance(want, int) and isinstance(got, int):
        return want == got
    return isinstance(got, (int, float)) and math.isclose(want, got, rel_tol=TOLERANCE, abs_tol=0)


def brief(value):
    text = json.dumps(value)
    return text if len(text) < 100 else text[:97] + "..."


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", action="store_true")
    parser.add_argument("--trace")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    source = pathlib.Path(os.environ.get("OPJ_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
    folder = source / "tests/golden/cases"
    if arguments.shared:
        folder = pathlib.Path(os.environ.get("OPJ_SHARED", source / "../shared")) / "golden"
        if not folder.is_dir():
            print(f"skipped: there is no {folder}; set OPJ_SHARED to where golden/ is")
            return 77
    folders = sorted(path.parent for path in folder.glob("*/expected.json"))
    folders = [path for path in folders if not arguments.names or path.name in arguments.names]
    if not folders:
        print(f"no case in {folder}")
        return 1
    failed = compared = 0
    for path in folders:
        case = Case(path, os.environ.get("OPJOULE", "opjoule"), arguments.trace)
        case.run()
        compared += case.compared
        failed += len(case.failures)
        print(f"{case.name}: {case.compared} figures compared, {len(case.failures)} failures")
        for failure in case.failures[:40]:
            print("  " + failure)
        if len(case.failures) > 40:
            print(f"  … and {len(case.failures) - 40} more")
    print(f"{len(folders)} cases, {compared} figures compared, {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
