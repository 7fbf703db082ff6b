"""Forks of the recorded process: children that go on in Python without exec.

A child is recorded as a process of its own when the first module is called in it. LTTng must be told of the fork for that,
which gives the child trace buffers; the workers of a DataLoader, which only make inputs, are spared them. Children that
record nothing are counted.
"""

import os
import sys

from . import _opjoule as core


def _makes_a_loader():
    """Whether the DataLoader is what forks."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.endswith("torch/utils/data/dataloader.py"):
            return True
        frame = frame.f_back
    return False


def watch(forget):
    """Looks after all forks from now on. forget: called in every child."""

    def in_child():
        core.fork_after(True)
        forget()

    os.register_at_fork(
        before=lambda: core.fork_before(not _makes_a_loader()),
        after_in_parent=lambda: core.fork_after(False),
        after_in_child=in_child,
    )


def before_exit(function):
    """Calls `function` when a process that multiprocessing forked ends: it leaves without what atexit knows."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, function, exitpriority=0)
