#!/usr/bin/env python3
"""Whether the rooms of the house stay where they are: an arrow goes only down the list below.

Arrows are include lines between folders, and the symbols that a room's library takes from another's. Besides: no files
of one room need each other in a circle; a folder is one build target; a private header is not called what an installed
one is; the comment at the head of a C file names the file's own path.
"""

import glob
import json
import os
import re
import subprocess
import sys

# From the top to the ground; rooms of one line do not know each other. A room is a folder, or one file.
FLOORS = """
record/main.c
analyze/page
analyze/diff analyze/export analyze/roofline analyze/sweep
analyze/command
analyze/figures
analyze/engine
analyze/estimators
analyze/counters
analyze/ops
replay/commands replay/fanout
replay
replay/ctf replay/oplog
replay/archive
replay/core
record/session record/native record/python/opjoule
record
record/scan
record/base
include/opjoule
"""
floor = {room: number for number, line in enumerate(FLOORS.strip().split("\n")) for room in line.split()}
source, build = os.environ["OPJ_SOURCE"], os.environ["OPJ_BUILD"]
failures = []


def room_of(path):
    """The room of a file: the nearest folder of the list that it is in, or the file itself."""
    while path and path not in floor:
        path = os.path.dirname(path)
    return path


def check_arrow(here, there, what):
    if here != there and floor[here] >= floor[there]:
        failures.append(f"{what}: from {here} to {there} is not down")


def check_includes(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if found := re.match(r'\s*#\s*include\s+(?:<(opjoule/[^>]+)>|"([^"]+)")', line):
            public, private = found.groups()
            target = "include/" + public if public else os.path.normpath(os.path.join(os.path.dirname(path), private))
            if not public and not os.path.exists(os.path.join(source, target)):
                target = private
            if not room_of(target):
                failures.append(f"{path}:{number}: {line.strip()}: of no room")
            else:
                check_arrow(room_of(path), room_of(target), f"{path}:{number}")


def symbols(library, which):
    said = subprocess.run(["nm", "-A", "--format=posix", which, library], capture_output=True, text=True, check=True).stdout
    return {line.split(": ", 1)[1].split()[0] for line in said.splitlines() if ": " in line and " U " in line
            or which == "--defined-only" and re.search(r" [TDBR] ", line)}


def check_links(libraries, public):
    """What installed headers declare is called from everywhere, by plugins too."""
    owner = {symbol: room for room, library in libraries.items() for symbol in symbols(library, "--defined-only")
             if symbol not in public}
    for room, library in libraries.items():
        for symbol in sorted(symbols(library, "--undefined-only")):
            if symbol in owner:
                check_arrow(room, owner[symbol], f"{os.path.relpath(library, build)} takes {symbol}")


def check_circles(target):
    """The objects of a target, without those that need nothing that is left, and those that nothing left needs."""
    objects = sorted(glob.glob(glob.escape(target["filename"][0]) + ".p/*.o"))
    if not objects:
        return 0
    said = subprocess.run(["nm", "-A", "--format=posix", *objects], capture_output=True, text=True, check=True).stdout
    lines = [re.split(": | ", line)[:3] for line in said.splitlines()]
    owner = {symbol: name for name, symbol, kind in lines if kind in "TDBR"}
    needs = {name: set() for name in objects}
    for name, symbol, kind in lines:
        if kind == "U" and symbol in owner:
            needs[name].add(owner[symbol])
    while ends := [name for name in needs if not needs[name] & needs.keys()]:
        needs = {name: below for name, below in needs.items() if name not in ends}
    while tops := needs.keys() - set().union(*needs.values()):
        needs = {name: below for name, below in needs.items() if name not in tops}
    if needs:
        failures.append(f"{target['name']}: a circle of files: {' '.join(map(os.path.basename, sorted(needs)))}")
    return len(objects)


def check_targets(targets):
    """One target for each folder that has sources; returns the libraries of the rooms that have one to look into."""
    made, libraries = {}, {}
    for target in targets:
        folder = os.path.relpath(os.path.dirname(target["defined_in"]), source)
        rooms = {room_of(os.path.relpath(file, source)) for group in target["target_sources"]
                 for file in group.get("sources", []) if file.startswith(source + os.sep) and file.endswith(".c")} - {""}
        for room in rooms:
            made.setdefault(room, []).append(target["name"])
            if room != "record/main.c" and room != folder:
                failures.append(f"target {target['name']} of {folder} compiles files of {room}")
            if target["type"] == "static library":
                libraries[room] = target["filename"][0]
    for room, names in sorted(made.items()):
        if len(names) > 1:
            failures.append(f"{room} is more than one target: {', '.join(names)}")
    return libraries


files = subprocess.run(["git", "-C", source, "ls-files", "*.c", "*.h"], capture_output=True, text=True).stdout.split()
if not files:  # a tarball
    files = [os.path.relpath(os.path.join(folder, name), source) for top in ("include", "record", "replay", "analyze", "tests")
             for folder, _, names in os.walk(os.path.join(source, top)) for name in names if name.endswith((".c", ".h"))]
public = set()
installed = {os.path.basename(path) for path in files if path.startswith("include/")}
for path in files:
    with open(os.path.join(source, path), encoding="utf-8") as file:
        text = file.read()
    if path.startswith("include/"):
        public.update(re.findall(r"\b(opj_\w+)\(", text))
    if path.removeprefix("include/") not in text[:text.find("*/")]:
        failures.append(f"{path}: the comment at its head does not name it")
    if room_of(path):
        check_includes(path, text)
        if os.path.basename(path) in installed and not path.startswith("include/"):
            failures.append(f"{path}: an installed header has the same name")

with open(os.path.join(build, "meson-info", "intro-targets.json"), encoding="utf-8") as file:
    targets = json.load(file)
libraries = check_targets(targets)
check_links(libraries, public)
objects = sum(check_circles(target) for target in targets if target["type"] != "custom")
if len(libraries) < 15 or objects < 100:
    failures.append(f"only {len(libraries)} libraries of rooms and {objects} objects are found")

for failure in failures:
    print("arrows.py:", failure, file=sys.stderr)
sys.exit(bool(failures))
