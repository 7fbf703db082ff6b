"""What SpikingJelly's counters and estimators say of a case, in the form of an expected.json
(tests/golden/golden.py)."""

import contextlib
import dataclasses
import warnings

import cases
import torch
import torch.nn.functional as F
from spikingjelly.activation_based import op_counter
from spikingjelly.activation_based.op_counter import neuromc, spikesim
from spikingjelly.activation_based.op_counter.neuromc import (
    add_counter,
    cmp_counter,
    mul_counter,
    mux_counter,
    sqrt_counter,
)
from torch.overrides import resolve_name

COUNTERS = {
    "flop": op_counter.FlopCounter,
    "memory": op_counter.MemoryAccessCounter,
    "synop": op_counter.SynOpCounter,
    "mac": op_counter.MACCounter,
    "ac": op_counter.ACCounter,
    "neuron_state": op_counter.NeuronStateCounter,
    "addressing": op_counter.LemaireAddressingCounter,
    "neuromc_add": add_counter.NeuroMCAddCounter,
    "neuromc_mul": mul_counter.NeuroMCMulCounter,
    "neuromc_cmp": cmp_counter.NeuroMCCmpCounter,
    "neuromc_mux": mux_counter.NeuroMCMuxCounter,
    "neuromc_sqrt": sqrt_counter.NeuroMCSqrtCounter,
}
KIB = 1024 * 8.0
RESIDENCY = {
    "default": None,
    "reg64KiB_sram256KiB": {"reg": 64 * KIB, "sram": 256 * KIB, "dram": float("inf")},
}
COMPUTE = op_counter.ComputeEnergyCostConfig
SPIKESIM = spikesim.SpikeSimEnergyConfig
ESTIMATES = {
    "compute_fp32": lambda *run: compute(COMPUTE.fp32(), *run),
    "compute_fp16": lambda *run: compute(COMPUTE.fp16(), *run),
    "compute_int8": lambda *run: compute(COMPUTE.int8(), *run),
    "lemaire": lambda *run: lemaire({}, *run),
    "lemaire_dense": lambda *run: lemaire({"enable_sparse_memory_estimation": False}, *run),
    "lemaire_threshold_0.8": lambda *run: lemaire({"sparse_zero_ratio_threshold": 0.8}, *run),
    "spikesim_dense": lambda *run: crossbars(SPIKESIM(), *run),
    "spikesim_dense_sram_128": lambda *run: crossbars(SPIKESIM(device="sram", xbar_size=128), *run),
    "spikesim_event": lambda *run: crossbars(SPIKESIM(activity_mode="event"), *run),
    "spikesim_event_16": lambda *run: crossbars(SPIKESIM(activity_mode="event", xbar_size=16), *run),
}


class Silent:
    """Stands for a watcher of the run where there is none."""

    def stage(self, label):
        return contextlib.nullcontext()

    def suspended(self):
        return contextlib.nullcontext()

    def optimizer(self, optimizer):
        pass


def run(case, model, x, target, watcher):
    """One inference or one training step; watcher is told of stages and of the optimizer's step. The model's output."""
    if case.optimizer is None:
        with torch.no_grad(), watcher.stage("forward"):
            return model(x)
    optimizer = case.optimizer(model.parameters())
    with watcher.stage("forward"):
        y = model(x)
    with watcher.suspended():
        loss = F.cross_entropy(y, target)
    with watcher.stage("backward"):
        loss.backward()
    with watcher.stage("optimizer"):
        watcher.optimizer(optimizer)
        with watcher.suspended():
            optimizer.step()
    return y.detach()


def count(case, model, x, target, inner):
    """Runs the case once under all of SpikingJelly's counters, with inner(tracker), an op log or a recorder, closest to
    the model, so that it sees no op of theirs. Returns the figures, by counter and for residency, and the output."""
    counters = {name: make() for name, make in COUNTERS.items()}
    memory = {name: op_counter.MemoryResidencyCounter(capacity_bits=bits) for name, bits in RESIDENCY.items()}
    with op_counter.DispatchCounterMode([*counters.values(), *memory.values()]) as mode:
        with inner(mode.module_tracker) as watcher:
            y = run(case, model, x, target, watcher)
    paths = cases.last_paths(model)
    figures = {name: counter_figures(counter, paths) for name, counter in counters.items()}
    residency = {
        name: {"level_rw_bits": c.get_level_rw_bits(), "move_bits": c.get_move_bits_by_edge()}
        for name, c in memory.items()
    }
    return figures, residency, y


def counter_figures(counter, paths):
    def rename(scopes):
        return {paths.get(scope, scope): figures for scope, figures in scopes.items()}

    if isinstance(counter, op_counter.NeuronStateCounter):
        return {"metrics": rename(counter.get_metric_counts()), "projection": rename(counter.get_projection_counts())}
    if isinstance(counter, op_counter.LemaireAddressingCounter):
        return {"metrics": rename(counter.get_metric_counts())}
    counts = rename(counter.get_counts())
    counts.setdefault("Global", {})
    return {
        "total": counter.get_total(),
        "by_scope": {scope: {resolve_name(op): n for op, n in ops.items()} for scope, ops in counts.items()},
    }


def report_figures(report):
    fields = dataclasses.asdict(report)
    fields["warnings"] = len(fields["warnings"])
    return fields


def compute(costs, case, model, x, target):
    profiler = op_counter.ComputeEnergyProfiler(config=op_counter.ComputeEnergyConfig(cost_config=costs))
    with profiler:
        run(case, model, x, target, Silent())
    return profiler.get_report()


def lemaire(settings, case, model, x, target):
    profiler = op_counter.LemaireEnergyProfiler(config=op_counter.LemaireEnergyConfig(**settings))
    profiler.bind_model(model)
    with profiler, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(case, model, x, target, Silent())
    return profiler.get_report()


def crossbars(config, case, model, x, target):
    return spikesim.estimate_spikesim_event_energy(model, x, config=config)


class Tolerant(neuromc.NeuroMCEnergyProfiler):
    """SpikingJelly's profiler, which refuses any network with an op it does not know, made to report all the same: the
    ops that it would refuse are kept beside the report."""

    refused = ()

    def _unsupported_ops(self):
        self.refused = super()._unsupported_ops()
        return []

    # What `run` tells a watcher, in this profiler's words.
    suspended = neuromc.NeuroMCEnergyProfiler.suspend

    def optimizer(self, optimizer):
        self.bind_optimizer(optimizer)
        self.record_optimizer_step("optimizer")


def neuromc_figures(case, model, x, target):
    profiler = Tolerant()
    profiler.bind_model(model)
    with profiler:
        run(case, model, x, target, profiler)
    figures = report_figures(profiler.get_report())
    figures["unsupported_ops"] = profiler.refused
    return figures


def estimate(case):
    """The estimators' figures, each from a run of its own. Training is priced by NeuroMC only: the others are models of
    inference."""
    figures = {}
    for name, estimator in ESTIMATES.items() if case.optimizer is None else ():
        figures[name] = report_figures(estimator(case, *case.build()))
    try:
        figures["neuromc"] = neuromc_figures(case, *case.build())
    except (ValueError, RuntimeError) as error:
        figures["neuromc"] = {"error": str(error)}
    return figures
