#!/usr/bin/env python3
"""mutate.py --seed N --count M [--room FOLDER] [--source DIR] [--build DIR]: how much of the code the tests hold.

Changes one line of the project's own C at a time, builds what the line is linked into, and runs tests until one fails:
unit tests linked with it, golden cases, then the end-to-end tests of its room. A change that nothing notices is listed.
The same seed makes the same changes of the same source. It works on a copy of the source (default: the tree this file
is in; any commit will do) with the address sanitizer, so that a leak is noticed too. Changes that cannot be noticed
stand in equivalent.txt with the reason. docs/testing.md says more.
"""

import argparse
import collections
import filecmp
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

here = os.path.dirname(os.path.abspath(__file__))

# The end-to-end tests of a room, those first that fail most often; the longest prefix of a file's path counts.
END_TO_END = {
    "record": "executor record replay run",
    "record/base": "analyze export sweep replay diff record progress",
    "record/scan": "run golden_archive",
    "record/native": "run run_bad diff",
    "record/session": "record record_daemon record_room archive_bad",
    "replay": "replay import record export",
    "replay/archive": "archive_bad replay record_room",
    "replay/commands": "replay import agree progress format",
    "replay/ctf": "replay record archive_bad",
    "replay/oplog": "import replay analyze",
    "analyze": "analyze agree format export",
    "analyze/command": "analyze format mistakes completion",
    "analyze/counters": "analyze export sweep",
    "analyze/diff": "diff agree",
    "analyze/estimators": "analyze sweep report",
    "analyze/export": "export agree",
    "analyze/figures": "format analyze agree roofline report",
    "analyze/page": "report agree",
    "analyze/paper": "format analyze", # of older commits
    "analyze/roofline": "roofline",
    "analyze/sweep": "sweep",
}

CALL = r"^(\t+)(\w+)\(([^;]*)\);$"
RELEASES = r"(free|_finish|_destroy|_close|_unref|_decref|unlock|close|munmap|_clear)$"


def whole(text):
    return text.count("(") == text.count(")")


def mutants_of(line):
    """(kind, changed line) of everything that one line can become."""
    code = line.rstrip("\n")
    if not code.startswith("\t") or code.lstrip().startswith(("/*", "*", "//", "#", "case ", "static const")):
        return
    if '"' in code and "opj_fail" not in code: # mostly tables and messages
        return
    indent = code[:len(code) - len(code.lstrip("\t"))]

    def each(kind, pattern, change):
        for found in re.finditer(pattern, code):
            if code[:found.start()].count('"') % 2 == 0:
                yield kind, code[:found.start()] + change(found) + code[found.end():]

    other = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "+",
             "&&": "||", "||": "&&"}
    yield from each("relational", r"(?<= )(<=?|>=?)(?= )", lambda m: other[m[0]])
    yield from each("equality", r"(?<= )[!=]=(?= )", lambda m: other[m[0]])
    yield from each("arith", r"(?<=[\w)\]] )[-+*](?= [\w(])", lambda m: other[m[0]])
    yield from each("logic", r"(?<= )(&&|\|\|)(?= )", lambda m: other[m[0]])
    yield from each("constant", r"(?<![\w.\"x])\d+(?![\w.\"])", lambda m: str(int(m[0]) + 1))
    if (found := re.match(r"^(\t+(?:else )?if )\((.*)\)( \{)?$", code)) and whole(found[2]):
        yield "negate", f"{found[1]}(!({found[2]})){found[3] or ''}"
    if found := re.match(CALL, code):
        yield "skip-free/unlock" if re.search(RELEASES, found[2]) else "drop-statement", indent + "(void)0;"
    elif re.match(r"^\t+[\w>.\[\]-]+ [-+*/|&^]?= [^;]*;$|^\t+[\w>.\[\]-]+(\+\+|--);$", code):
        yield "drop-statement", indent + "(void)0;"
    if re.match(r"^\t+return -1;$", code):
        yield "error->success", indent + "return 0;"
    if (found := re.match(r"^\t+return (opj_fail\w*\(.*\));$", code)) and whole(found[1]):
        yield "error->success", f"{indent}return (void){found[1]}, 0;"
    if re.match(r"^\t\t+(return\b.*|continue);$", code) and whole(code):
        yield "drop-early-return", indent + "(void)0;"
    yield from each("swap-args", r"(?<=\w\()(\w+), (\w+)(?=\))", lambda m: f"{m[2]}, {m[1]}")


class Tree:
    """A copy of the source, built with the sanitizer, and its tests."""

    def __init__(self, source, folder):
        self.source, self.copy, self.build = source, os.path.join(folder, "source"), os.path.join(folder, "build")
        files = subprocess.run(["git", "-C", source, "ls-files", "-z"], capture_output=True, check=True).stdout.decode()
        self.files = [name for name in files.split("\0") if name and os.path.isfile(os.path.join(source, name))]
        for name in self.files:
            there = os.path.join(self.copy, name)
            os.makedirs(os.path.dirname(there), exist_ok=True)
            if not os.path.exists(there) or not filecmp.cmp(os.path.join(source, name), there, shallow=False):
                shutil.copy(os.path.join(source, name), there)
        environment = dict(os.environ)
        if shutil.which("ccache"):
            environment["CC"] = "ccache gcc"
        for linker in ("mold", "ld.lld"):
            if shutil.which(linker):
                environment.setdefault("CC_LD", linker.removeprefix("ld."))
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            subprocess.run(["meson", "setup", self.build, self.copy, "-Dbuildtype=debug", "-Doptimization=0",
                            "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Ddocs=false",
                            "-Dpython=disabled"], check=True, env=environment, stdout=subprocess.DEVNULL)
        if not self.make():
            sys.exit("mutate.py: the source as it is does not build")
        tests = self.introspect("tests")
        shared = os.environ.get("OPJ_SHARED", os.path.join(os.path.dirname(source), "shared"))
        self.tests = {}
        for test in tests:
            suites = [suite.split(":")[-1] for suite in test["suite"]]
            if not {"unit", "golden", "e2e"} & set(suites) or test["name"] in ("arrows", "symbols", "abi"):
                continue
            env = {**os.environ, **test["env"], "OPJ_SHARED": shared, "ASAN_OPTIONS": "abort_on_error=1"}
            for key in ("PATH", "LD_LIBRARY_PATH"): # meson says what it puts before what is there
                env[key] = os.pathsep.join(filter(None, (test["env"].get(key), os.environ.get(key))))
            program = os.path.relpath(test["cmd"][0], self.build)
            name = test["name"] if suites[0] != "e2e" else "e2e/" + test["name"] # some are called like a unit test
            self.tests[name] = {"cmd": test["cmd"], "env": env, "suite": suites[0], "program": program, "inputs": None}
        # What end-to-end tests run, besides unit tests.
        self.programs = [os.path.relpath(target["filename"][0], self.build) for target in self.introspect("targets")
                         if target["name"] in ("opjoule", "gen_ops") or "/tests/e2e/" in target["defined_in"]
                         or target["type"].startswith("shared ")]
        self.seconds, self.passed, self.kills = {}, set(), collections.Counter()

    def introspect(self, what):
        with open(os.path.join(self.build, "meson-info", f"intro-{what}.json"), encoding="utf-8") as file:
            return json.load(file)

    def make(self, *targets):
        """Whether they build without a warning of the project's own code: in the project a warning is an error."""
        said = subprocess.run(["ninja", "-C", self.build, *targets], capture_output=True, text=True)
        return said.returncode == 0 and not re.search(r"source/(record|replay|analyze)/\S+: warning: ", said.stdout)

    def run(self, name, limit):
        """Whether a test passes, in so many seconds."""
        test = self.tests[name]
        began = time.monotonic()
        process = subprocess.Popen(test["cmd"], env=test["env"], cwd=self.build, start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            passed = process.wait(limit) in (0, 77)
        except subprocess.TimeoutExpired:
            passed = False
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if passed:
            self.passed.add(name)
            self.seconds.setdefault(name, time.monotonic() - began)
        return passed

    def write(self, path, text):
        with open(os.path.join(self.copy, path), "w", encoding="utf-8") as file:
            file.write(text)

    def prepare(self, name):
        """Builds what a test runs."""
        unit = self.tests[name]["suite"] == "unit"
        return self.make(*([self.tests[name]["program"]] if unit else self.programs))

    def limit(self, name):
        return 20 + 10 * self.seconds.get(name, 5 if self.tests[name]["suite"] == "unit" else 60)

    def linked(self, path, name):
        test = self.tests[name]
        if test["inputs"] is None:
            said = subprocess.run(["ninja", "-C", self.build, "-t", "inputs", test["program"]], capture_output=True,
                                  text=True).stdout
            test["inputs"] = {os.path.relpath(os.path.join(self.build, line), self.copy) for line in said.split("\n")}
        return path in test["inputs"]

    def tests_of(self, path):
        """The tests that may notice a change of a file, in the order in which to ask them."""
        stem, room = os.path.basename(path)[:-2], room_of(path)
        unit = [name for name in self.tests if self.tests[name]["suite"] == "unit" and self.linked(path, name)]
        unit.sort(key=lambda name: (name not in stem and stem not in name, -self.kills[room, name],
                                    self.seconds.get(name, 1)))
        golden = ["by-hand", "shared"] if path.startswith("analyze/") else []
        prefix = os.path.dirname(path)
        while prefix not in END_TO_END:
            prefix = os.path.dirname(prefix)
        end_to_end = ["e2e/" + name for name in END_TO_END[prefix].split()]
        return [name for name in unit + golden + end_to_end if name in self.tests]

    def killer(self, path, text, changed, quick):
        """The first test that notices that the file is changed; None where none does, "" where it does not build."""
        self.write(path, changed)
        for name in self.tests_of(path):
            if self.tests[name]["suite"] == "e2e" and self.seconds.get(name, 0) > quick:
                continue
            if not self.prepare(name):
                return ""
            if self.run(name, self.limit(name)):
                continue
            if name not in self.passed: # perhaps it fails as it is
                self.write(path, text)
                fails = not self.prepare(name) or not self.run(name, 900)
                self.write(path, changed)
                if fails:
                    print(f"mutate.py: {name} fails without any change: left out", file=sys.stderr)
                    del self.tests[name]
                    continue
            self.kills[room_of(path), name] += 1
            return name
        return None


def room_of(path):
    return os.path.dirname(path).removesuffix("/neuromc")


def choose(tree, seed, count, only):
    """Changes, spread over rooms and kinds."""
    rooms = {}
    for path in tree.files:
        if re.match(r"(record|replay|analyze)/.*\.c$", path) and "/python" not in path and path != "record/main.c":
            if only and not (room_of(path) + "/").startswith(only.rstrip("/") + "/"):
                continue
            with open(os.path.join(tree.copy, path), encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    for kind, changed in mutants_of(line):
                        of_kind = rooms.setdefault(room_of(path), {}).setdefault(kind, [])
                        of_kind.append((path, number, line.rstrip("\n"), kind, changed))
    chance, chosen = random.Random(seed), []
    order = sorted(rooms)
    while len(chosen) < count and order:
        chance.shuffle(order)
        for room in list(order)[:count - len(chosen)]:
            kinds = rooms[room]
            pool = kinds[chance.choice(sorted(kinds))]
            chosen.append(pool.pop(chance.randrange(len(pool))))
            rooms[room] = {kind: rest for kind, rest in kinds.items() if rest}
            if not rooms[room]:
                order.remove(room)
    return chosen


def table(title, results, key):
    print(f"\n| {title} | killed | survived | equivalent | killed % |\n|---|---|---|---|---|")
    groups = collections.defaultdict(collections.Counter)
    for result in results:
        groups[key(result)][result["end"]] += 1
        groups["all"][result["end"]] += 1
    for name, ends in sorted(groups.items(), key=lambda item: (item[0] == "all", item[0])):
        judged = ends["killed"] + ends["survived"]
        share = f"{100 * ends['killed'] / judged:.0f}" if judged else "-"
        print(f"| {name} | {ends['killed']} | {ends['survived']} | {ends['equivalent']} | {share} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--room", help="only files in this folder and below")
    parser.add_argument("--part", default="1/1", help="K/N: each Nth change from the Kth on, to run N side by side")
    parser.add_argument("--quick", type=float, default=1e9, metavar="SECONDS",
                        help="leave out end-to-end tests that took longer before")
    parser.add_argument("--source", default=os.path.dirname(os.path.dirname(here)))
    parser.add_argument("--build", help="default: build-mutate in the source")
    options = parser.parse_args()
    source = os.path.abspath(options.source)
    tree = Tree(source, os.path.abspath(options.build or os.path.join(source, "build-mutate")))
    with open(os.path.join(here, "equivalent.txt"), encoding="utf-8") as file:
        equivalent = {line.split(" # ")[0].strip() for line in file if " # " in line and not line.startswith("#")}
    part, parts = map(int, options.part.split("/"))
    chosen = choose(tree, options.seed, options.count, options.room)[part - 1::parts]
    results, stillborn = [], 0
    for at, (path, number, line, kind, changed) in enumerate(chosen, 1):
        change = f"{line.strip()} → {changed.strip()}"
        result = {"file": path, "line": number, "kind": kind, "change": change, "by": None, "end": "equivalent"}
        with open(os.path.join(tree.copy, path), encoding="utf-8") as file:
            text = file.read()
        lines = text.split("\n")
        if f"{path}: {lines[number - 2].strip()} | {change}" not in equivalent:
            lines[number - 1] = changed
            try:
                killer = tree.killer(path, text, "\n".join(lines), options.quick)
            finally:
                tree.write(path, text)
            if killer == "":
                stillborn += 1
                continue
            result.update(by=killer, end="killed" if killer else "survived")
        results.append(result)
        print(f"{at}/{len(chosen)} {result['end']} {result['by'] or '-'} {path}:{number} {kind}: {change}", flush=True)
    table("room", results, lambda result: room_of(result["file"]))
    table("kind", results, lambda result: result["kind"])
    print(f"\n{stillborn} changes did not compile")
    for result in results:
        if result["end"] == "survived":
            print(f"survived: {result['file']}:{result['line']} {result['kind']}: {result['change']}")


main()
