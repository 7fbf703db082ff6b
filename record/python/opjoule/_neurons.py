"""Which modules are spiking neurons, and where they keep their states.

This is the only file that knows neuron libraries. They are told by the names of their classes, so that none of them is
imported. The rest of the package asks three things: is_neuron, facts and states.
"""


def _names(module):
    return {cls.__name__ for cls in type(module).__mro__}


def is_neuron(module):
    """Whether the module is a stateful spiking neuron."""
    return "BaseNode" in _names(module) and hasattr(module, "_memories")


def facts(module):
    """(multi_step, backend): whether the first dimension of inputs is time; a name, or None where there is no choice."""
    backend = getattr(module, "backend", None)
    return getattr(module, "step_mode", "s") == "m", backend if isinstance(backend, str) else None


def states(module):
    """The tensors in which a neuron keeps its state right now, a list."""
    from torch import Tensor

    return [value for value in module._memories.values() if isinstance(value, Tensor)]
