"""Records what PyTorch computes, for energy analysis.

    with opjoule.trace(model):
        model(x)

or, for a whole script without a change to it: opjoule record -o run.opj -- python3 -m opjoule script.py
"""

from contextlib import contextmanager

from . import _opjoule as _core

__all__ = ["trace", "stage", "suspended", "mark"]


class trace:
    """Records all ops of this thread in a region of code, and the modules and optimizers that cause them; on other threads
    the ops of modules that are called meanwhile.

    model: the network, whose class names the run and is the root of all paths. Without it the first module that is called
    is. neurons: which modules are spiking neurons beside those of SpikingJelly, snnTorch and Norse: classes, or their
    names, each with ":v,i" behind it where it shall be said what holds the state. Where nobody listens (see `opjoule record`) nothing happens at all. Regions may follow one another and nest; all of
    a process go into one trace.
    """

    def __init__(self, model=None, neurons=()):
        self._model = model
        self._neurons = neurons
        self._regions = []

    def __enter__(self):
        region = None
        if _core.enabled():
            from ._hooks import Region

            region = Region(self._model, self._neurons)
            region.enter(from_start=True)
        self._regions.append(region)
        return self

    def __exit__(self, *error):
        region = self._regions.pop()
        if region:
            region.leave()


_PHASES = (None, "forward", "backward", "optimizer")
_ANSWERS = (None, False, True)


@contextmanager
def stage(name, phase=None, reuse_weights=None, batch_norm_backward=None):
    """Ops in the region belong to the stage `name`, on all threads, whatever opjoule would find by itself.

    For models of training hardware, each None where it shall not be said: phase: "forward", "backward" or "optimizer";
    reuse_weights: whether weights stay where they are from one step to the next; batch_norm_backward: whether the
    backward of normalisations counts.
    """
    if phase not in _PHASES:
        raise ValueError(f"phase: {phase!r} is none of {_PHASES}")
    answers = [_ANSWERS.index(None if answer is None else bool(answer)) for answer in (reuse_weights, batch_norm_backward)]
    before = _core.stage((name, _PHASES.index(phase), *answers))
    try:
        yield
    finally:
        _core.stage(before)


_marks = {}


def mark(name, index=None, **numbers):
    """Marks a point in the run: the end of an iteration or an epoch, with what is known there.

    name: "iteration", "epoch", …; index: which of that name, by default counted from 0; numbers: samples, loss,
    accuracy, …, anything that float() takes, a tensor of one element as well. Where nobody listens nothing happens.
    """
    if index is None:
        index = _marks.get(name, -1) + 1
    _marks[name] = index
    if not _core.enabled():
        return
    _core.pause(1)  # a tensor's number is read by an op
    try:
        found = {key: value if type(value) is int else float(value) for key, value in numbers.items()}
    finally:
        _core.pause(-1)
    _core.mark(name, index, found)


@contextmanager
def suspended():
    """Ops in the region are recorded and marked: counters cover them, estimators that price training leave them out."""
    _core.suspend(1)
    try:
        yield
    finally:
        _core.suspend(-1)
