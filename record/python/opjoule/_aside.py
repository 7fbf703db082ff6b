"""Parts of torch that cannot work while a dispatch mode is in force, and for which ours steps aside.

torch.jit.trace and torch.export follow what a model does by means that an active mode disturbs, whichever it is. What they
run is a rehearsal; it is named in the trace as not seen, by an op `opjoule.not_seen.…` for which no counter has a rule.
"""

import functools
import sys

from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

from . import _opjoule as core

_NAMES = (
    ("torch.jit", "trace"),
    ("torch.jit", "trace_module"),
    ("torch.export", "export"),
    ("torch.export", "export_for_training"),
    ("torch.onnx", "export"),
)


def compiled_before():
    """Names in the trace that something was compiled before it began: that runs without being seen, where it runs. What
    torch.compile meets for the first time under a dispatch mode, it leaves as it is."""
    codes = getattr(sys.modules.get("torch._dynamo.convert_frame"), "output_codes", None)
    if any(code() is not None for code in getattr(codes, "seen", ())):
        core.not_seen("torch.compile")
        print("opjoule: what torch.compile compiled before the trace began is not seen in it", file=sys.stderr)


class Aside:
    """Replaces the functions in _NAMES from start to stop by ones that put our mode aside while they run, and our hooks
    of modules, which torch.export would follow into."""

    def __init__(self, mode_class, modules):
        self._mode_class = mode_class
        self._modules = modules
        self._replaced = []

    def start(self):
        for place, name in _NAMES:
            module = sys.modules.get(place)
            function = getattr(module, name, None)
            if function is not None:
                wrapper = self._wrap(function, f"{place}.{name}")
                self._replaced.append((module, name, function, wrapper))
                setattr(module, name, wrapper)

    def stop(self):
        for module, name, function, wrapper in self._replaced:
            if getattr(module, name) is wrapper:
                setattr(module, name, function)
        self._replaced = []

    def _wrap(self, function, name):
        @functools.wraps(function)
        def without_mode(*args, **kwargs):
            stack = _get_current_dispatch_mode_stack()
            mode = stack[-1] if stack else None
            if not isinstance(mode, self._mode_class):
                return function(*args, **kwargs)
            core.not_seen(name)
            core.pause(1)
            self._modules.stop()
            mode.__exit__(None, None, None)
            try:
                return function(*args, **kwargs)
            finally:
                mode.__enter__()
                self._modules.start()
                core.pause(-1)

        return without_mode
