"""python3 -m opjoule script.py …: runs an unmodified script and records it where somebody listens."""

import argparse
import builtins
import io
import os
import runpy
import sys
import types
import zipfile
from importlib.machinery import SourceFileLoader

from . import _opjoule as core


def _arguments():
    parser = argparse.ArgumentParser(
        prog="python3 -m opjoule",
        usage="python3 -m opjoule [--from-start] [--neuron CLASS[:STATE,…]] (script.py | -m module) [argument …]",
        description="Runs a Python program as python3 would. Under `opjoule record` its PyTorch ops are recorded, "
        "from the first call of a module on.",
    )
    parser.add_argument("--from-start", action="store_true", help="record all ops, also those before any module is called")
    parser.add_argument(
        "--neuron",
        metavar="CLASS[:STATE,…]",
        action="append",
        default=[],
        help="modules of this class are spiking neurons, whose state is in these attributes or arguments of forward; "
        "default: in every tensor that the module sets and does not save; may be given again",
    )
    parser.add_argument("-m", dest="module", action="store_true", help="the program is a module, not a file")
    parser.add_argument("program", help="file, or module after -m")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what the program finds in sys.argv")
    return parser.parse_args()


def _fail(message, status):
    print(f"{sys.executable}: {message}", file=sys.stderr)
    sys.exit(status)


def _hide_ours():
    """Tracebacks begin with the program, as they do without us."""
    before = sys.excepthook
    ours = (__file__, runpy.__spec__.origin, "<frozen runpy>")

    def hook(kind, error, trace):
        while trace is not None and trace.tb_frame.f_code.co_filename in ours:
            trace = trace.tb_next
        before(kind, error.with_traceback(trace), trace)

    sys.excepthook = hook


def _new_main():
    """A module that is `__main__` as long as the process lives, also for what runs at its exit."""
    module = types.ModuleType("__main__")
    module.__builtins__ = builtins
    sys.modules["__main__"] = module
    return module


def _run_file(path):
    path = os.path.abspath(path)
    try:
        with io.open_code(path) as file:
            source = file.read()
    except OSError as error:
        _fail(f"can't open file {path!r}: [Errno {error.errno}] {error.strerror}", 2)
    main = _new_main()
    main.__file__ = path
    main.__cached__ = None
    main.__loader__ = SourceFileLoader("__main__", path)
    main.__package__ = None
    exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)


def main():
    options = _arguments()
    if core.enabled():
        from ._hooks import Region

        Region(None, options.neuron).enter(options.from_start)
    _hide_ours()
    sys.argv[:] = [options.program, *options.arguments]
    if options.module:
        sys.path[0] = os.getcwd()
        _new_main()
        runpy._run_module_as_main(options.program)  # what python3 -m itself calls
    elif os.path.isdir(options.program) or zipfile.is_zipfile(options.program):
        runpy.run_path(options.program, run_name="__main__")  # which finds the __main__.py in it
    else:
        sys.path[0] = os.path.dirname(os.path.realpath(options.program))
        _run_file(options.program)


if __name__ == "__main__":
    main()
