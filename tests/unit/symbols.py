#!/usr/bin/env python3
"""symbols.py: each library exports what its headers mark with OPJ_API, as its *.syms says: no more and no less."""
import os
import re
import subprocess
import sys

source, build = os.environ["OPJ_SOURCE"], os.environ["OPJ_BUILD"]
LIBRARIES = {
    "record": ["recorder.h", "spike.h", "tensor.h", "value.h", "error.h"],
    "replay": ["replay.h"],
    "analyze": ["analysis.h", "counter.h", "estimator.h"],
}


def declared(header):
    """Names of the functions and tables that a header marks."""
    with open(os.path.join(source, "include/opjoule", header), encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/|^#.*?(?<!\\)$", "", file.read(), flags=re.DOTALL | re.MULTILINE)
    for declaration in re.findall(r"OPJ_API\s+(.*?);", text, flags=re.DOTALL):
        yield re.search(r"(opj_\w+)\s*(?:\(|\[)", declaration)[1]


def listed(library):
    with open(os.path.join(source, library, f"opjoule-{library}.syms"), encoding="utf-8") as file:
        return set(re.findall(r"^\t(\w+);$", file.read(), flags=re.MULTILINE))


def exported(library):
    path = os.path.join(build, library, f"libopjoule-{library}.so")
    lines = subprocess.run(["nm", "-D", "--defined-only", path], check=True, capture_output=True, text=True).stdout
    return {line.split()[2].split("@")[0] for line in lines.splitlines() if " A " not in line}


headers = {header for names in LIBRARIES.values() for header in names}
problems = [f"include/opjoule/{name} belongs to no library here"
            for name in sorted(set(os.listdir(os.path.join(source, "include/opjoule"))) - headers)]
for library, names in LIBRARIES.items():
    marked = {name for header in names for name in declared(header)}
    if not marked:
        problems.append(f"no OPJ_API found in the headers of {library}")
    for what, found in (("the list", listed(library)), ("the built library", exported(library))):
        problems += [f"{library}: {name} is marked OPJ_API and not in {what}" for name in sorted(marked - found)]
        problems += [f"{library}: {name} is in {what} and not marked OPJ_API" for name in sorted(found - marked)]
for problem in problems:
    print(problem)
sys.exit(bool(problems))
