#!/usr/bin/env python3
"""`python3 -m opjoule` runs a program as `python3` does: what it prints, its tracebacks, its exit status and what it finds in
sys.argv, sys.path and __main__ are the same, recorded or not."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

OPJOULE = os.environ.get("OPJOULE", "opjoule")

PROGRAM = """
import atexit, os, pickle, sys
import __main__
import beside

class Here:
    pass

pickle.dumps(Here())
print(sys.argv, __name__, __file__, sys.path[0], __package__, __spec__ and __spec__.name, beside.VALUE)
print(__main__.Here is Here, sys.modules["__main__"] is __main__)
atexit.register(lambda: print("at exit", pickle.loads(pickle.dumps(Here())).__class__ is Here))
how = sys.argv[1] if len(sys.argv) > 1 else ""
if how == "exit":
    sys.exit(3)
if how == "say":
    sys.exit("a message")
if how == "raise":
    raise ValueError("by the program")
if how == "torch":
    import torch
    net = torch.nn.Linear(3, 2)
    print(net(torch.ones(1, 3)).shape)
    net(torch.ones(1, 4))
"""


class Script(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        package = cls.path / "package"
        package.mkdir()
        (package / "__init__.py").touch()
        for name in ("script.py", "package/__main__.py", "package/part.py"):
            (cls.path / name).write_text(PROGRAM)
        for folder in (cls.path, package):
            (folder / "beside.py").write_text("VALUE = 7\n")
        (cls.path / "broken.py").write_text("def f(:\n")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def outcome(self, *command):
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True)
        errors = [l for l in done.stderr.splitlines() if not l.startswith("opjoule record: ")]
        if errors and errors[0].startswith("python3: "):  # a shell's way to call it
            errors[0] = sys.executable + errors[0][7:]
        return done.returncode, done.stdout, errors

    def same(self, *arguments):
        plain = self.outcome(sys.executable, *arguments)
        self.assertEqual(self.outcome(sys.executable, "-m", "opjoule", *arguments), plain)
        return plain

    def test_arguments(self):
        self.assertEqual(self.same("script.py", "a", "--neuron", "-m", "")[0], 0)

    def test_exit(self):
        self.assertEqual(self.same("script.py", "exit")[0], 3)
        self.assertEqual(self.same("script.py", "say")[0], 1)

    def test_tracebacks(self):
        self.assertEqual(self.same("script.py", "raise")[0], 1)
        self.assertEqual(self.same("broken.py")[0], 1)

    def test_no_such_program(self):
        self.assertEqual(self.same("nothing.py")[0], 2)
        self.assertEqual(self.same("-m", "nothing")[0], 1)

    def test_modules_and_folders(self):
        self.assertEqual(self.same("-m", "package", "exit")[0], 3)
        self.assertEqual(self.same("-m", "package.part", "b")[0], 0)
        self.assertEqual(self.outcome(sys.executable, "-m", "opjoule", "package", "exit")[0], 3)

    def test_an_op_that_fails_while_it_is_recorded(self):
        plain = self.outcome(sys.executable, "script.py", "torch")
        trace = self.path / "run.opj"
        recorded = self.outcome(OPJOULE, "record", "-o", trace, "--", sys.executable, "-m", "opjoule", "script.py", "torch")
        self.assertEqual(plain[0], 1)
        self.assertEqual(recorded[:2], plain[:2])
        self.assertEqual([recorded[2][0], recorded[2][-1]], [plain[2][0], plain[2][-1]])
        self.assertEqual([l for l in recorded[2] if "opjoule" in l or "_ops.py" in l], [])  # torch takes its way with hooks
        info = subprocess.run([OPJOULE, "replay", trace, "--module", "Linear"], capture_output=True, text=True)
        self.assertEqual(info.stdout.count("aten.addmm.default"), 1, info.stdout + info.stderr)


if __name__ == "__main__":
    unittest.main()
