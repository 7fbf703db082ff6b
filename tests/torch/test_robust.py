#!/usr/bin/env python3
"""Recording changes no result and breaks no program: everything in robust/cases.py, run plain and recorded, gives the same
bits, leaves the same random numbers behind, and a trace that is whole."""

import collections
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "robust"))
import run

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "robust", "cases.py")
PYTHON = [sys.executable, CASES]


def said(out):
    return {line["case"]: line for line in map(json.loads, out.splitlines())}


class Cases(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.plain = run.plain(PYTHON, {"OPJ_TRACE": ""})
        cls.traced = run.Recorded(cls.folder.name, PYTHON, {"OPJ_TRACE": "1"})
        cls.results = said(cls.plain.out)
        cls.stages = collections.Counter(e.get("stage") for e in cls.traced.ops() if e["k"] == "op")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def same(self, ran):
        self.assertEqual(ran.status, 0, ran.err)
        results = said(ran.out)
        self.assertEqual(list(results), list(self.results))
        for name in results:
            with self.subTest(name):
                self.assertEqual(results[name], self.results[name])

    def test_the_cases_themselves_work(self):
        self.assertEqual(self.plain.status, 0, self.plain.err)
        self.assertEqual([line for line in self.results.values() if "error" in line], [])

    def test_a_traced_region(self):
        self.same(self.traced)

    def test_a_whole_script(self):
        with tempfile.TemporaryDirectory() as folder:
            self.same(run.Recorded(folder, [sys.executable, "-m", "opjoule", CASES], {"OPJ_TRACE": "outer"}))

    def test_nobody_listens(self):
        self.same(run.plain(PYTHON, {"OPJ_TRACE": "1"}))
        self.same(run.plain([sys.executable, "-m", "opjoule", CASES], {"OPJ_TRACE": "outer"}))

    def test_every_case_is_recorded(self):
        for name in self.results:
            with self.subTest(name):
                self.assertGreater(self.stages[name], 0)

    def test_nothing_failed_in_the_recorder(self):
        told = [line for line in self.traced.err.splitlines() if line.startswith("opjoule")]
        self.assertEqual(len(told), 1, told)
        self.assertIn("NestedTensor", told[0], "torch names no sizes of a nested tensor: left out, told once, counted")


if __name__ == "__main__":
    unittest.main()
