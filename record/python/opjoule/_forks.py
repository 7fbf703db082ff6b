"""Forks of the recorded process: children that go on in Python without exec.

A child that multiprocessing forks is recorded as a process of its own when the first module is called in it. LTTng must be
told of the fork for that, which gives the child trace buffers and threads that serve them. The workers of a DataLoader,
which only make inputs, are spared these, and so are children of os.fork and of subprocess: many of them close every file
that they do not know, which LTTng's threads do not survive. Children that record nothing are counted.
"""

import os
import sys

from . import _opjoule as core


def _child_may_record():
    """Who forks, as the stack tells."""
    frame = sys._getframe(1)
    by_multiprocessing = False
    while frame is not None:
        file = frame.f_code.co_filename
        if file.endswith("torch/utils/data/dataloader.py"):
            return False
        by_multiprocessing |= file.endswith("multiprocessing/popen_fork.py")
        frame = frame.f_back
    return by_multiprocessing


def watch(forget):
    """Looks after all forks from now on. forget: called in every child."""

    def in_child():
        core.fork_after(True)
        forget()

    os.register_at_fork(
        before=lambda: core.fork_before(_child_may_record()),
        after_in_parent=lambda: core.fork_after(False),
        after_in_child=in_child,
    )


def before_exit(function):
    """Calls `function` when a process that multiprocessing forked ends: it leaves without what atexit knows."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, function, exitpriority=0)
