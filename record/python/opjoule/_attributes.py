"""What a module says of itself beyond its parameters: sizes, geometry, and the constants of a neuron.

The names are those of PyTorch and of the libraries. Beside them the firing threshold, the reset and the surrogate
gradient of a neuron have one name each, whoever wrote it: `v_threshold`, `v_reset` (None: a neuron that fires loses its
threshold), `surrogate`, `surrogate_alpha`, …. A constant may be a tensor: one value, or the same in every place, is a
number; of others the least, the mean and the greatest are told, as `beta_min`, `beta_mean`, `beta_max`. All are as
they were when the module was defined.
"""

import torch

from ._device import capturing

# Of any module.
_SIZES = (
    "in_channels out_channels kernel_size stride padding dilation groups in_features out_features num_features".split()
)

# By a class in the module's lineage.
_LAYERS = {
    cls: names.split()
    for classes, names in (
        ("_ConvNd", "output_padding padding_mode"),
        ("Bilinear", "in1_features in2_features"),
        ("_MaxPoolNd", "ceil_mode return_indices"),
        ("_AvgPoolNd", "ceil_mode count_include_pad divisor_override"),
        ("_LPPoolNd", "norm_type ceil_mode"),
        ("_AdaptiveAvgPoolNd _AdaptiveMaxPoolNd Fold", "output_size"),
        ("_NormBase", "eps momentum affine track_running_stats"),
        ("GroupNorm", "num_groups num_channels eps affine"),
        ("LayerNorm RMSNorm", "normalized_shape eps elementwise_affine"),
        ("LocalResponseNorm", "size alpha beta k"),
        ("_DropoutNd Dropout Dropout2d Dropout3d", "p inplace"),
        ("Embedding EmbeddingBag", "num_embeddings embedding_dim padding_idx max_norm norm_type mode"),
        ("RNNBase", "mode input_size hidden_size num_layers bias batch_first dropout bidirectional proj_size"),
        ("RNNCellBase", "input_size hidden_size bias nonlinearity"),
        ("MultiheadAttention", "embed_dim num_heads kdim vdim dropout batch_first add_zero_attn"),
        ("Transformer", "d_model nhead batch_first"),
        ("TransformerEncoderLayer TransformerDecoderLayer", "norm_first"),
        ("Upsample", "size scale_factor mode align_corners"),
        ("PixelShuffle", "upscale_factor"),
        ("PixelUnshuffle", "downscale_factor"),
        ("_ConstantPadNd", "value"),
        ("Flatten", "start_dim end_dim"),
        ("Softmax Softmin LogSoftmax GLU", "dim"),
        ("LeakyReLU", "negative_slope"),
        ("ELU CELU", "alpha"),
        ("GELU", "approximate"),
        ("Hardtanh", "min_val max_val"),
        ("Softplus", "beta threshold"),
        ("Threshold", "threshold value"),
        ("Hardshrink Softshrink", "lambd"),
        ("PReLU", "num_parameters"),
        ("SurrogateFunctionBase", "alpha beta spiking"),
        ("SynapseFilter", "tau"),
    )
    for cls in classes.split()
}

# Of neurons.
_NEURON = (
    "v_threshold v_reset v_rest v_leak tau tau_mem tau_syn tau_w decay_input detach_reset store_v_seq "  # SpikingJelly
    "v_c a0 theta_rh delta_T a b k w_rest T "
    "beta alpha threshold reset_mechanism inhibition graded_spikes_factor reset_delay R C time_step V "  # snnTorch
    "dt autapses"  # Norse
).split()


def _plain(value):
    if isinstance(value, (tuple, list)):
        return all(map(_plain, value))
    return isinstance(value, (bool, int, float, str))


def _numbers(name, tensor):
    """A constant that is a tensor, looked at without any mode that is in force seeing it."""
    if tensor.is_meta or capturing(tensor.device) or not tensor.numel() or tensor.is_complex():
        return {}
    with torch._C._DisableTorchDispatch():
        values = tensor.detach().double()
        least, greatest = values.min().item(), values.max().item()
        if least == greatest:
            return {name: least}
        return {f"{name}_min": least, f"{name}_mean": values.mean().item(), f"{name}_max": greatest}


def _constants(owner, names):
    """What `owner` has under these names. A property may fail: then it says nothing."""
    found = {}
    for name in names:
        try:
            value = getattr(owner, name, None)
            if isinstance(value, torch.Tensor):
                found.update(_numbers(name, value))
            elif _plain(value):
                found[name] = value
        except Exception:
            continue
    return found


def _surrogate(function):
    """Name and constants of a surrogate gradient: an object of a class, or what a factory has returned."""
    if isinstance(function, torch.nn.Module):
        name, constants = type(function).__name__, vars(function)
    else:
        name = getattr(function, "__qualname__", type(function).__name__).partition(".")[0]
        cells = getattr(function, "__closure__", None) or ()
        constants = {key: cell.cell_contents for key, cell in zip(function.__code__.co_freevars, cells)}
    own = {key: value for key, value in constants.items() if not key.startswith("_") and key != "training"}
    return {"surrogate": name, **{f"surrogate_{key}": v for key, v in own.items() if isinstance(v, (bool, int, float))}}


def _rename(found, old, new):
    for end in ("", "_min", "_mean", "_max"):
        if old + end in found:
            found[new + end] = found.pop(old + end)


def _spikingjelly(module):
    if module.v_reset is None:
        yield {"v_reset": None}
    yield _surrogate(module.surrogate_function)
    if any(cls.__name__ == "ParametricLIFNode" for cls in type(module).__mro__):  # trains a weight in its place
        with torch._C._DisableTorchDispatch():
            tau = 1.0 / module.w.detach().sigmoid()
        yield _numbers("tau", tau)


def _snntorch(module):
    reset = {"subtract": {"v_reset": None}, "zero": {"v_reset": 0.0}}
    yield reset.get(module.reset_mechanism, {})
    yield _surrogate(module.spike_grad)


def _norse(module):
    constants = module.p  # a named tuple, or a dataclass
    yield _constants(constants, getattr(constants, "_fields", None) or constants.__dataclass_fields__)
    if getattr(getattr(constants, "reset_method", None), "__name__", None) == "reset_subtract":
        yield {"v_reset": None}


def _neuron(module):
    found = _constants(module, _NEURON)
    for library in (_spikingjelly, _snntorch, _norse):
        try:
            for more in library(module):
                found.update(more)
        except Exception:
            continue  # it is not of that library, or not of a release that we know
    names = {"threshold": "v_threshold"} if "reset_mechanism" in found else {}
    if "v_th" in found:
        names = {"v_th": "v_threshold", "method": "surrogate", "alpha": "surrogate_alpha"}
    for old, new in names.items():
        _rename(found, old, new)
    return found


def attributes(module, is_neuron):
    """All of them, by name: numbers, strings, booleans, None, and lists of such."""
    names = list(_SIZES)
    for cls in type(module).__mro__:
        names += _LAYERS.get(cls.__name__, ())
    found = _constants(module, dict.fromkeys(names))
    return {**found, **_neuron(module)} if is_neuron else found
