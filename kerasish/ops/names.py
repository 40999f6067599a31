"""Which families of ops there are, and the module and class by which Keras's files name an op."""

from __future__ import annotations

from types import ModuleType

from kerasish.core.operators import OPS
from kerasish.ops import (
    activation,
    attention,
    comparison,
    control_flow,
    convolution,
    core,
    creation,
    crossentropy,
    elementwise,
    normalization,
    products,
    reductions,
    selection,
    shapes,
)

FAMILIES: dict[ModuleType, str] = {
    activation: "nn",
    attention: "nn",
    comparison: "numpy",
    control_flow: "core",
    convolution: "nn",
    core: "core",
    creation: "numpy",
    crossentropy: "nn",
    elementwise: "numpy",
    normalization: "nn",
    products: "numpy",
    reductions: "numpy",
    selection: "numpy",
    shapes: "numpy",
}
"""Each family, and the module in which Keras has most of it."""

_ELSEWHERE = {
    "core": "scatter scatter_update slice slice_update unstack",
    "linalg": "norm",
    "math": "erf erfinv in_top_k logsumexp rsqrt segment_sum top_k",
}
"""The ops that Keras has in another module."""

_IRREGULAR = {
    "allclose": "AllClose",
    "batch_normalization": "BatchNorm",
    "layer_normalization": "LayerNorm",
    "rms_normalization": "RMSNorm",
}
"""The classes that are not the op's name in capitals."""

_elsewhere = {name: module for module, names in _ELSEWHERE.items() for name in names.split()}

KERAS_MODULES: dict[str, str] = {
    name: f"keras.src.ops.{_elsewhere.get(name, module)}"
    for family, module in FAMILIES.items()
    for name in (OPS[n].__name__ for n in family.__all__ if n in OPS)
}
"""The module in which Keras has the class of each op, as its files have it."""

KERAS_CLASSES: dict[str, str] = {
    name: _IRREGULAR.get(name, "".join(word.capitalize() for word in name.split("_"))) for name in KERAS_MODULES
}
"""The name of that class."""

OP_NAMES: dict[tuple[str, str], str] = {(KERAS_MODULES[name], KERAS_CLASSES[name]): name for name in KERAS_MODULES}
"""The op that a module and a class mean."""
