"""Which modules are spiking neurons, and which tensors hold their state.

Known are SpikingJelly, snnTorch and Norse, by the names of classes and of the packages that these are from: nothing of
theirs is imported, so that a user who has none of them pays nothing. A user names any other class. State is what a
module keeps (its memories, buffers, attributes) or, in Norse and where the user says so, what its caller passes in.
"""

import functools
import inspect
import weakref

import torch

SNNTORCH_KEPT = ("mem", "mem_prev", "syn", "syn_exc", "syn_inh")
SNNTORCH_IN_TIME = ("StateLeaky", "LeakyParallel", "LeakyKernel")
NORSE_CELLS = ("SNNCell", "SNNRecurrentCell", "CobaLIFCell", "LILinearCell", "LIFCorrelation")
NORSE_IN_TIME = ("SNN", "SNNRecurrent")
CREATION = frozenset(
    "aten." + name for name in ("zeros.default", "full.default", "zeros_like.default", "full_like.default")
)
NO_ARITHMETIC = CREATION | frozenset(
    "aten." + name for name in ("alias.default", "detach.default", "_local_scalar_dense.default", "lift_fresh.default")
)


def tensors(tree):
    """Every tensor in a tree: a tensor, or tuples, lists and dicts of such, named tuples included."""
    if isinstance(tree, torch.Tensor):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from tensors(part)
    elif isinstance(tree, dict):
        for part in tree.values():
            yield from tensors(part)


def _lineage(cls, package):
    """Names of the classes in the lineage of `cls` that `package` defines."""
    return {c.__name__ for c in cls.__mro__ if c.__module__ == package or c.__module__.startswith(package + ".")}


def _named(name, tree):
    """The same with a name for each: `name`, and behind it those of named tuples and dicts that it stands in."""
    if isinstance(tree, torch.Tensor):
        yield name, tree
    elif isinstance(tree, (tuple, list, dict)):
        names = getattr(tree, "_fields", None)
        if isinstance(tree, dict):
            names, tree = tree.keys(), tree.values()
        for i, part in enumerate(tree) if names is None else zip(names, tree):
            yield from _named(f"{name}.{i}", part)


def _memories(module):
    return (getattr(module, "_memories", None) or {}).items()


def _attributes(names):
    def kept(module):
        return [(name, getattr(module, name, None)) for name in names]

    return kept


def _carried(module):
    """What a plain module carries from call to call: tensors that it sets as attributes, and buffers that are no part of
    its state_dict."""
    kept = [(name, value) for name, value in vars(module).items() if not name.startswith("_")]
    return kept + [(name, module._buffers.get(name)) for name in module._non_persistent_buffers_set]


def _snntorch(module):
    kept = _attributes(SNNTORCH_KEPT)(module)
    if "spk" in module._buffers:  # fed back: only recurrent neurons register it
        kept.append(("spk", module._buffers["spk"]))
    return kept


class Rule:
    """Where the neurons of one class keep their state.

    kept: function(module) giving the names and values that the module holds at the moment, with tensors among or in
    them, or None.
    passed: names of the arguments of forward that are state.
    returned: where among the results the state is handed back, or None.
    makes: a call without a passed state makes one with zeros() or full().
    multi_step: the first dimension of the inputs is time; None: the module says so in step_mode.
    """

    __slots__ = ("kept", "makes", "multi_step", "passed", "positions", "returned")

    def __init__(self, forward, kept=None, passed=(), makes=False, multi_step=None, returned=None):
        self.kept = kept
        self.passed = passed
        self.makes = makes
        self.multi_step = multi_step
        self.returned = returned
        self.positions = _positions(forward, passed) if passed else {}


def _positions(forward, names):
    """Where the arguments `names` stand in a call of forward, self not counted."""
    try:
        parameters = list(inspect.signature(forward).parameters)
    except (TypeError, ValueError):
        return {}
    return {name: parameters.index(name) - 1 for name in names if name in parameters}


class Call:
    """One call of a neuron: which tensors are its state as the call proceeds."""

    __slots__ = ("_making", "_module", "_names", "_passed", "_rule")

    def __init__(self, rule, module, args, kwargs, makes=True):
        self._rule = rule
        self._module = module
        self._passed, self._names = [], []
        for name in rule.passed:
            place = rule.positions.get(name, len(args))
            self._pass(name, args[place] if place < len(args) else kwargs.get(name))
        self._making = makes and rule.makes and not self._passed

    def _pass(self, name, tree):
        for inner, tensor in _named(name, tree):
            self._passed.append(tensor)
            self._names.append(inner)

    def after(self, op, result):
        """The tensors that hold state after an op of the call, a list."""
        if self._making:
            self._saw(op, result)
        kept = self._rule.kept
        return self._passed + [t for _, tree in kept(self._module) for t in tensors(tree)] if kept else self._passed

    def left(self, result):
        """Names and tensors of the state after the call gave `result`, each tensor once."""
        rule = self._rule
        found = {}
        for name, tree in rule.kept(self._module) if rule.kept else ():
            for inner, tensor in _named(name, tree):
                found.setdefault(id(tensor), (inner, tensor))
        if found:
            return list(found.values())
        if rule.returned is not None and isinstance(result, tuple) and len(result) > rule.returned:
            return list(_named(rule.passed[0], result[rule.returned]))
        return list(zip(self._names, self._passed))  # as large as what takes its place

    def _saw(self, op, result):
        """An op ran inside the call. A state that the neuron makes itself comes before any arithmetic."""
        if op in CREATION:
            self._pass(self._rule.passed[0], result)
        elif op not in NO_ARITHMETIC:
            self._making = False


def states(call, op, result):
    """What the extension asks after each op inside a neuron: Call.after."""
    return call.after(op, result)


class Neurons:
    """Tells neurons from other modules. `named`: what the user says are neurons beside those that are known: classes, or
    names, "LIF" or "package.module.LIF", each with ":v,i" behind it if it shall be said which attributes or arguments of
    forward hold the state (without: every tensor that the module sets as an attribute or as a buffer that is not
    saved)."""

    def __init__(self, named=()):
        self._rules = {}  # by id of the class, as long as that lives: (Rule or None, weak reference)
        self._named = []
        self._met = set()
        self.name(named)

    def name(self, named):
        """Adds what the user says; modules that ran before keep what they were taken for."""
        more = [_parse(one) for one in ([named] if isinstance(named, (str, type)) else named)]
        self._named += [one for one in more if one not in self._named]
        if more:
            self._rules = {}

    def rule(self, module):
        """The Rule of a module's class; None if it is no neuron."""
        cls = type(module)
        known = self._rules.get(id(cls))
        if known is None:
            gone = functools.partial(_drop, self._rules, id(cls))
            known = self._rules[id(cls)] = self._find(cls), weakref.ref(cls, gone)
        return known[0]

    def call(self, module, args, kwargs):
        """To be followed while `module` runs: a Call, or None if it is no neuron."""
        rule = self.rule(module)
        return Call(rule, module, args, kwargs) if rule else None

    def backward(self, module):
        """The same for its backward, which is given no state: only what the module keeps counts there."""
        rule = self.rule(module)
        return Call(rule, module, (), {}, makes=False) if rule else None

    def multi_step(self, module):
        """Whether the first dimension of the module's input is time. Other modules than neurons say so as well."""
        rule = self.rule(module)
        if rule and rule.multi_step is not None:
            return rule.multi_step
        return getattr(module, "step_mode", None) == "m"

    def axes(self, module):
        """Which dimensions of the module's input are batch and time, counted from 1; 0: not known."""
        rule = self.rule(module)
        if (rule and rule.multi_step is not None) or hasattr(module, "step_mode"):
            return (2, 1) if self.multi_step(module) else (1, 0)
        if isinstance(module, torch.nn.RNNBase):
            return (1, 2) if module.batch_first else (2, 1)
        return (1, 0) if isinstance(module, torch.nn.modules.batchnorm._BatchNorm) else (0, 0)

    def backend(self, module):
        """By which implementation the module computes, "torch" or "cupy"; None where it has no choice."""
        backend = getattr(module, "backend", None)
        return backend if isinstance(backend, str) else None

    def missing(self):
        """Names given by the user that no module has answered to."""
        return [spelled for spelled, _, _ in self._named if spelled not in self._met]

    def _find(self, cls):
        for spelled, wanted, states in self._named:
            if any(_answers(c, wanted) for c in cls.__mro__):
                self._met.add(spelled)
                return Rule(cls.forward, _attributes(states) if states else _carried, states)
        return _spikingjelly_rule(cls) or _snntorch_rule(cls) or _norse_rule(cls)


def _drop(rules, key, _):
    rules.pop(key, None)


def _parse(one):
    """(as spelled, class or name, names of states)"""
    if isinstance(one, type):
        return one.__qualname__, one, ()
    name, _, states = str(one).partition(":")
    return str(one), name.strip(), tuple(s.strip() for s in states.split(",") if s.strip())


def _answers(cls, wanted):
    if isinstance(wanted, type):
        return cls is wanted
    return wanted in (cls.__name__, cls.__qualname__, f"{cls.__module__}.{cls.__qualname__}")


def _spikingjelly_rule(cls):
    """Classes of its neuron package that keep memories, or whose state lives within a call (…BaseNode). Dropout, Delay and
    other layers keep memories too and are no neurons."""
    neurons = {
        c.__name__
        for c in cls.__mro__
        if c.__module__.startswith("spikingjelly.") and "neuron" in c.__module__.split(".")
    }
    if not neurons:
        return None
    if "MemoryModule" in _lineage(cls, "spikingjelly"):
        return Rule(cls.forward, _memories)
    return Rule(cls.forward) if any(name.endswith("BaseNode") for name in neurons) else None


def _snntorch_rule(cls):
    """SpikingNeuron and, beside it, the classes that compute all steps at once. Up to release 0.6 the state may be passed
    in by the caller, under the name that it is kept by."""
    names = _lineage(cls, "snntorch")
    in_time = not names.isdisjoint(SNNTORCH_IN_TIME)
    if "SpikingNeuron" not in names and not in_time:
        return None
    return Rule(cls.forward, _snntorch, SNNTORCH_KEPT + ("spk",), multi_step=in_time)


def _norse_rule(cls):
    names = _lineage(cls, "norse")
    in_time = not names.isdisjoint(NORSE_IN_TIME)
    if not in_time and names.isdisjoint(NORSE_CELLS):
        return None
    return Rule(cls.forward, None, ("state",), makes=True, multi_step=in_time, returned=1)
