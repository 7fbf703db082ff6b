#!/usr/bin/env python3
"""One case of the comparison, in a process of its own.

    case.py expect NAME FOLDER   FOLDER/expected.json, SpikingJelly's figures, and FOLDER/ops.jsonl, a plain op log of
    the run
                                 from which its counters' figures are
    case.py record NAME FOLDER   expected.json without the estimators, recorded with opjoule.trace in the same run
    case.py run NAME WEIGHTS     just runs it, as a user's script would
"""

import contextlib
import json
import pathlib
import sys

import torch

import cases
import figures
import oplog


class Traced:
    """opjoule.trace as what figures.run tells of stages and of the optimizer, which opjoule finds by itself."""

    def __init__(self, model):
        import opjoule

        self.trace, self.suspended = opjoule.trace(model), opjoule.suspended

    def __enter__(self):
        self.trace.__enter__()
        return self

    def __exit__(self, *exception):
        self.trace.__exit__(*exception)

    def stage(self, label):
        return contextlib.nullcontext()

    def optimizer(self, optimizer):
        pass


def expect(case, folder, recorded):
    model, x, target = case.build()
    torch.save(model.state_dict(), folder / "weights.pt")
    with open(folder / "ops.jsonl", "w", encoding="utf-8") as file:

        def inner(tracker):
            return Traced(model) if recorded else oplog.OpLog(file, case, model, tracker)

        counters, residency, y = figures.count(case, model, x, target, inner)
    # Estimators have runs of their own; the figures belong together only if all of them computed the same.
    model, x, target = case.build()
    if not torch.equal(y, figures.run(case, model, x, target, figures.Silent())):
        sys.exit(
            f"case.py: {case.name}: two runs from the same seed differ; the machine's kernels are not deterministic"
        )
    expected = {"name": case.name, "counters": counters, "residency": residency}
    if not recorded:
        expected["estimators"] = figures.estimate(case)
    (folder / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True))


def main():
    torch.set_num_threads(1)
    what, name, where = sys.argv[1:]
    case = cases.CASES[name]
    if what == "run":
        figures.run(case, *case.build(where), figures.Silent())
    else:
        expect(case, pathlib.Path(where), what == "record")


if __name__ == "__main__":
    main()
