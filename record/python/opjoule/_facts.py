"""What stands in the trace of the run as a whole: by which build of torch, and under which settings, it computes.

All of it is as the recorder starts. Nothing is asked that would make torch set up a device."""

import os
import platform
import sys
import warnings

import torch

# Libraries that bring neurons, where the program has imported them.
_LIBRARIES = ("spikingjelly", "snntorch", "norse", "torchvision")
# How processes that belong together are told apart.
_RANKS = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES")

_SETTINGS = {
    "build": lambda: torch.version.git_version,
    "cuda": lambda: torch.version.cuda,
    "hip": lambda: torch.version.hip,
    "threads": torch.get_num_threads,
    "interop_threads": torch.get_num_interop_threads,
    "seed": torch.initial_seed,
    "default_dtype": lambda: str(torch.get_default_dtype()).removeprefix("torch."),
    "deterministic": torch.are_deterministic_algorithms_enabled,
    "matmul_precision": torch.get_float32_matmul_precision,
    "matmul_tf32": lambda: torch.backends.cuda.matmul.allow_tf32,
    "mkldnn": lambda: torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled,
    "cpu_capability": lambda: torch.backends.cpu.get_cpu_capability(),
    "cudnn_enabled": lambda: torch.backends.cudnn.enabled,
    "cudnn_benchmark": lambda: torch.backends.cudnn.benchmark,
    "cudnn_deterministic": lambda: torch.backends.cudnn.deterministic,
    "cudnn_tf32": lambda: torch.backends.cudnn.allow_tf32,
}


def _gpus():
    """Names of the GPUs, if the program uses them already."""
    if not torch.cuda.is_initialized():
        return None
    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]


def facts():
    """A dict of numbers, strings and booleans; what this torch does not know is left out."""
    found = {"python": platform.python_version(), "torch": torch.__version__}
    with warnings.catch_warnings():  # that a setting has a new name
        warnings.simplefilter("ignore")
        for name, ask in {**_SETTINGS, "gpus": _gpus}.items():
            try:
                found[name] = ask()
            except Exception:
                continue
    for name in _LIBRARIES:
        found[name] = getattr(sys.modules.get(name), "__version__", None)
    for name in _RANKS:
        found[name] = os.environ.get(name)
    return {name: str(v) if isinstance(v, str) else v for name, v in found.items() if v is not None}
