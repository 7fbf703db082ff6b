#!/usr/bin/env python3
"""Holds reports of many kinds to the schema that ships with the program, and the schema to what it should refuse.

Readers of a report pass over keys they do not know, so the schema allows them; here every object is closed, and a key
that nobody described is a failure. Exit status 77: skipped, there is no jsonschema (Debian: python3-jsonschema).
"""

import copy
import json
import os
import pathlib
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("SKIPPED: no reports are held to the schema: python3-jsonschema is not installed", file=sys.stderr)
    sys.exit(77)

SOURCE = pathlib.Path(os.environ["OPJ_SOURCE"])
SCHEMA = SOURCE / "analyze/figures/report.schema.json"
LOGS = SOURCE / "tests/golden/logs"
BY_HAND = SOURCE / "tests/golden/cases/by_hand/ops.jsonl"
EVERYTHING = [a for m in ("compute", "lemaire", "neuromc", "spikesim") for a in ("-m", m)] + [
    a for c in ("flop", "neuron_state", "residency", "addressing") for a in ("-c", c)]
PLUGIN = ["--plugin", str(pathlib.Path(os.environ["OPJ_BUILD"]) / "analyze/plugin_counter.so")]


def closed(schema):
    """The schema with every described object closed to other keys."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: value if key in ("if", "then", "else") else closed(value) for key, value in schema.items()}
    if "properties" in schema and "type" in schema:
        result.setdefault("additionalProperties", False)
    return result


def reports():
    """Names and reports: of each small log by default, with everything, with prose; several traces; what is odd."""
    def ask(*arguments):
        done = subprocess.run([os.environ["OPJOULE"], "analyze", "--json", *map(str, arguments)], capture_output=True)
        assert done.returncode == 0, (arguments, done.stderr.decode(errors="replace"))
        return " ".join(map(str, arguments)), json.loads(done.stdout)

    # everything.jsonl has values of every form, which no counter takes.
    logs = [log for log in sorted(LOGS.glob("*.jsonl")) if "everything" not in log.name] + sorted((SOURCE / "tests/golden/cases").glob("*/ops.jsonl"))
    for log in logs:
        yield ask(log)
        yield ask(log, "--methods", *EVERYTHING)
    yield ask(BY_HAND, "-m", "compute:int8,e_ac_pj=10fJ", "-m", "lemaire,sparse=false", "--methods")
    yield ask(BY_HAND, "--ignore-module", "Linear", "--methods")
    yield ask(BY_HAND, *PLUGIN, "-c", "zeros", "-m", "skip", "--methods")
    yield ask(BY_HAND, "-c", "residency", "-c", "residency,reg=64B")
    for i, trace in enumerate(ask(BY_HAND, LOGS / "empty.jsonl", "--methods")[1]["traces"]):
        yield f"several traces, {i}", trace


def damaged(report):
    """What the schema must refuse: reports with one thing wrong."""
    def change(what, edit):
        wrong = copy.deepcopy(report)
        edit(wrong)
        return what, wrong

    yield change("another format", lambda r: r.update(format="other"))
    yield change("another version", lambda r: r.update(version=2))
    yield change("no time", lambda r: r.pop("time"))
    yield change("a count that is no integer", lambda r: r["counters"]["flop"].update(total=1.5))
    yield change("a counter without its whole", lambda r: r["counters"]["flop"]["by_scope"].pop("Global"))
    yield change("a total without what it is of", lambda r: r["counters"]["flop"].pop("by_stage"))
    yield change("an unknown kind", lambda r: r["estimates"][0]["input"].update(kind="sparse"))
    yield change("a sparsity of no share", lambda r: r["estimates"][0]["input"].update(sparsity=50))
    yield change("two names of a total", lambda r: r["estimates"][0].update(total_pj=1.0))
    yield change("no boundary", lambda r: r["estimates"][0].update(boundary=""))
    yield change("nonzeros of nothing", lambda r: r["modules"][0]["in"].update(elements=0, nonzero=3))
    yield change("a key that nobody described", lambda r: r.update(extra=1))
    yield change("one value of two", lambda r: r["methods"]["estimates"][0]["changed"].update(e_ac_pj=[1.0]))
    yield change("a reference that is no entry", lambda r: r["methods"]["bibtex"].update(other="none"))


def main():
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    open_to_more, strict = jsonschema.Draft202012Validator(schema), jsonschema.Draft202012Validator(closed(schema))
    failures, held = [], 0
    for name, report in reports():
        held += 1
        failures += [f"{name}: {error.json_path}: {error.message[:200]}" for error in strict.iter_errors(report)]
    done = subprocess.run([os.environ["OPJOULE"], "analyze", "--json", "--methods", LOGS / "looked_at_all.jsonl"],
                          capture_output=True, check=True)
    report, refused = json.loads(done.stdout), 0
    for what, wrong in damaged(report):
        refused += 1
        if strict.is_valid(wrong):
            failures.append(f"the schema takes {what}")
    if not open_to_more.is_valid({**report, "extra": 1}):
        failures.append("the schema refuses a key that a later program may add")
    print("\n".join(failures), f"{held} reports held to the schema, {refused} damaged ones, {len(failures)} failures",
          sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
