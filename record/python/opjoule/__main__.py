"""python3 -m opjoule script.py …: runs an unmodified script and records it where somebody listens."""

import argparse
import os
import runpy
import sys

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


def main():
    options = _arguments()
    if core.enabled():
        from ._hooks import Region

        Region(None, options.neuron).enter(options.from_start)
    sys.argv[:] = [options.program, *options.arguments]
    if options.module:
        sys.path[0] = os.getcwd()
        runpy.run_module(options.program, run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = os.path.dirname(os.path.realpath(options.program))
        runpy.run_path(options.program, run_name="__main__")


if __name__ == "__main__":
    main()
