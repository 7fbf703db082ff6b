"""Records what PyTorch computes, for energy analysis.

    with opjoule.trace(model):
        model(x)

or, for a whole script without a change to it: opjoule record -o run.opj -- python3 -m opjoule script.py
"""

from contextlib import contextmanager

from . import _opjoule as _core

__all__ = ["trace", "stage", "suspended"]


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


@contextmanager
def stage(name):
    """Ops in the region belong to the stage `name`, on all threads, whatever opjoule would find by itself."""
    before = _core.stage(name)
    try:
        yield
    finally:
        _core.stage(before)


@contextmanager
def suspended():
    """Ops in the region are recorded and marked: counters cover them, estimators that price training leave them out."""
    _core.suspend(1)
    try:
        yield
    finally:
        _core.suspend(-1)
