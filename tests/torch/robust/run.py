"""What the tests of robustness share: running Python plain and recorded, and asking opjoule what was recorded."""

import json
import os
import subprocess
import sys
import tempfile

OPJOULE = os.environ.get("OPJOULE", "opjoule")


class Recorded:
    """A command that ran under `opjoule record`: its status, what it printed, and the trace, where there is one."""

    def __init__(self, folder, command, env):
        self.path = os.path.join(folder, "run.opj")
        ran = plain([OPJOULE, "record", "-q", "-o", self.path, "--", *command], env)
        self.status, self.out, self.err = ran.status, ran.out, ran.err

    def ops(self, *options):
        """The op log: one dict for each op, module, call, optimizer; as much as there is."""
        text = opjoule("replay", self.path, "--partial", "--format", "jsonl", *options)
        return [json.loads(line) for line in text.splitlines()]

    def info(self):
        return json.loads(opjoule("info", "--partial", "--json", self.path))

    def names(self, stage=None):
        """Names of the ops, of one stage where it is given."""
        return [e["op"] for e in self.ops() if e["k"] == "op" and (stage is None or e.get("stage") == stage)]


class Plain:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


def plain(command, env=None, timeout=500):
    ran = subprocess.run(
        command, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout
    )
    return Plain(ran.returncode, ran.stdout, ran.stderr)


def opjoule(*arguments):
    ran = plain([OPJOULE, *arguments])
    if ran.status:
        raise AssertionError(f"opjoule {' '.join(arguments)}: status {ran.status}: {ran.err}")
    return ran.out


def script(folder, text, name="script.py"):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def both(folder, text, *arguments, env=None, outer=True):
    """Runs a script plain and recorded (by `python3 -m opjoule` or, not `outer`, by what it does itself)."""
    path = script(folder, text)
    before = plain([sys.executable, path, *arguments], env)
    how = ["-m", "opjoule"] if outer else []
    return before, Recorded(folder, [sys.executable, *how, path, *arguments], env)


def folder(test):
    made = tempfile.TemporaryDirectory()
    test.addCleanup(made.cleanup)
    return made.name
