#!/usr/bin/env python3
"""What recording a forward pass of PyTorch costs: plain, under a dispatch mode that does nothing, recorded, and, where
$OPJ_SPIKINGJELLY names a copy of SpikingJelly, under its counters of FLOPs, memory, SynOps, MACs and ACs.

All are measured in turn in one process, which runs itself under `opjoule record`; figures are medians, as ratios to the
plain pass, on the clock and of processor time, which other work on the machine disturbs less. Where recording spends
its time is sampled. Models: SpikingJelly's own where there is a copy, else the same in plain torch. One thread, unless
--threads says otherwise: threads that wait for each other measure what else the machine does.

usage: bench_torch.py [--runs N] [--threads N]
"""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from torch.utils._python_dispatch import TorchDispatchMode

import opjoule
import sampling

COPY = os.environ.get("OPJ_SPIKINGJELLY")


class Nothing(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {}))


def own_models():
    from spiking_resnets import ResNet18

    return ResNet18(False), ResNet18(True), ResNet18.reset


def peer_models():
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../torch/peer"))
    import cases

    node = {"spiking_neuron": cases.neuron.IFNode, **cases.NEURON}
    sew = cases.sew_resnet.sew_resnet18(cnf="ADD", **node)
    cases.functional.set_step_mode(sew, "m")
    return cases.spiking_resnet.spiking_resnet18(**node), sew, cases.functional.reset_net


def peer_counters():
    from spikingjelly.activation_based import op_counter as peer

    counters = [
        peer.FlopCounter(),
        peer.MemoryAccessCounter(),
        peer.SynOpCounter(),
        peer.MACCounter(),
        peer.ACCounter(),
    ]
    return peer.DispatchCounterMode(counters)


def settle(model, x, reset):
    """Gives batch normalisation the statistics of this input, so that neurons fire in every layer."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    reset(model)
    model.train()(x)
    model.eval()


def measure(model, x, reset, runs):
    """Pairs of seconds, on the clock and of processor time, by way, and the samples taken while recording."""
    ways = {"plain": contextlib.nullcontext, "empty dispatch mode": Nothing, "recorded": lambda: opjoule.trace(model)}
    if COPY:
        ways["SpikingJelly's five counters"] = peer_counters
    seconds = {way: [] for way in ways}
    samples = sampling.Samples()
    for i in range(runs + 1):  # the first is not counted: it defines modules and signatures, and warms caches
        for way, context in ways.items():
            if way.startswith("SpikingJelly") and i > max(3, runs // 5):
                continue
            reset(model)
            with context():
                with samples if way == "recorded" and i else contextlib.nullcontext():
                    begin = time.perf_counter(), time.process_time()
                    model(x)
                    end = time.perf_counter(), time.process_time()
            if i:
                seconds[way].append((end[0] - begin[0], end[1] - begin[1]))
    return seconds, samples


def medians(pairs):
    return [statistics.median(column) for column in zip(*pairs)]


def report(name, seconds, samples, aim):
    clock, processor = medians(seconds["plain"])
    print(f"{name}: plain {clock * 1e3:.1f} ms, {processor * 1e3:.1f} ms of processor time")
    for way, pairs in seconds.items():
        ratios = [mine / plain for mine, plain in zip(medians(pairs), (clock, processor))]
        print(
            f"  {way:<30} {ratios[0]:6.2f} {ratios[1]:6.2f}" + (f"   (aim: at most {aim})" if way == "recorded" else "")
        )
    print("  of the recorded pass:")
    for part, share in samples.shares():
        print(f"    {part:<34} {share * 100:5.1f} %")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    if "OPJ_BENCH_RECORDED" not in os.environ:
        os.environ["OPJ_BENCH_RECORDED"] = "1"
        with tempfile.TemporaryDirectory() as scratch:
            record = [
                os.environ.get("OPJOULE", "opjoule"),
                "record",
                "--quiet",
                "-o",
                os.path.join(scratch, "bench.opj"),
            ]
            return subprocess.run([*record, "--", sys.executable, *sys.argv]).returncode
    torch.set_num_threads(arguments.threads)
    sys.stdout.reconfigure(line_buffering=True)
    torch.manual_seed(0)
    spiking, sew, reset = peer_models() if COPY else own_models()
    print(
        f"torch {torch.__version__}, {arguments.threads} thread(s), {arguments.runs} runs, models "
        + ("of SpikingJelly" if COPY else "in plain torch")
    )
    with torch.no_grad():
        for name, model, shape, aim in [
            ("spiking ResNet-18, batch 8, 64x64", spiking, (8, 3, 64, 64), 1.5),
            ("SEW-ResNet-18, T = 4, batch 8, 64x64", sew, (4, 8, 3, 64, 64), 1.8),
            ("SEW-ResNet-18, T = 4, batch 2, 64x64", sew, (4, 2, 3, 64, 64), 1.8),
        ]:
            x = torch.rand(shape)
            settle(model, x, reset)
            report(name, *measure(model, x, reset, arguments.runs), aim)


if __name__ == "__main__":
    sys.exit(main())
