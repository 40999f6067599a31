"""The call of an op as the config that Keras writes for it, and back."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np

from kerasish.backend import engine
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.configurable import UnregisteredNameError, revive, serialize
from kerasish.core.operators import OPS
from kerasish.core.symbolic import Node, OpCall, SymbolicTensor
from kerasish.core.variable import Variable
from kerasish.ops.names import KERAS_CLASSES, KERAS_MODULES, OP_NAMES

_PAIR = ("x1", "x2")
_TENSORS: dict[str, tuple[str, ...]] = {
    "affine_transform": ("images", "transform"),
    "allclose": _PAIR,
    "average": ("x", "weights"),
    "batch_normalization": ("x", "mean", "variance", "offset", "scale"),
    "binary_crossentropy": ("target", "output"),
    "categorical_crossentropy": ("target", "output"),
    "conv": ("inputs", "kernel"),
    "depthwise_conv": ("inputs", "kernel"),
    "digitize": ("x", "bins"),
    "dot_product_attention": ("query", "key", "value", "bias", "mask", "scale"),
    "full_like": ("x", "fill_value"),
    "get_item": ("x", "key"),
    "in_top_k": ("targets", "predictions"),
    "isclose": ("x1", "x2", "rtol", "atol"),
    "layer_normalization": ("x", "gamma", "beta"),
    "linspace": ("start", "stop"),
    "map_coordinates": ("inputs", "coordinates"),
    "pad": ("x", "constant_values"),
    "perspective_transform": ("images", "start_points", "end_points"),
    "rms_normalization": ("x", "scale"),
    "scale_and_translate": ("images", "output_shape", "scale", "translation"),
    "scatter": ("indices", "values"),
    "scatter_update": ("inputs", "indices", "updates"),
    "segment_max": ("data", "segment_ids"),
    "segment_min": ("data", "segment_ids"),
    "segment_prod": ("data", "segment_ids"),
    "segment_sum": ("data", "segment_ids"),
    "select": ("condlist", "choicelist", "default"),
    "separable_conv": ("inputs", "depthwise_kernel", "pointwise_kernel"),
    "slice": ("inputs", "start_indices"),
    "slice_update": ("inputs", "start_indices", "updates"),
    "sparse_categorical_crossentropy": ("target", "output"),
    "ssim": ("image1", "image2"),
    "take": ("x", "indices"),
    "take_along_axis": ("x", "indices"),
    "where": ("condition", "x1", "x2"),
}
"""Which parameters Keras passes in the call, where it is more than the first one or `x1, x2`; others are the config."""

_OPERANDS = {"einsum": "subscripts", "meshgrid": "indexing"}
"""Ops that take any number of tensors, and the other parameter of each."""


@functools.cache
def _parameters(name: str) -> tuple[inspect.Parameter, ...]:
    found = inspect.signature(OPS[name]).parameters.values()
    return tuple(p for p in found if p.kind is not inspect.Parameter.VAR_KEYWORD)


@functools.cache
def _tensor_names(name: str) -> tuple[str, ...]:
    names = [p.name for p in _parameters(name)]
    if name in _TENSORS:
        return _TENSORS[name]
    return _PAIR if tuple(names[:2]) == _PAIR else tuple(names[:1])


# Writing -------------------------------------------------------------------------------------------------------------
def op_to_config(operation: OpCall, node: Node) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    """`(config, args, kwargs)`: Keras puts tensors, and what stands for one, into the call; the rest in the config.

    Raises:
        ValueError: Keras has no such op, or an argument can't be written.
    """
    name = operation.fn.__name__
    if name not in KERAS_MODULES:
        raise ValueError(
            f"The op {name!r} in a functional model can't be saved: Keras's format has no name for it. Call it in the "
            "`call` of a layer instead."
        )
    args, static = _split(name, node)
    for key, value in static.items():
        if any(isinstance(leaf, SymbolicTensor | Variable) for leaf in tree.leaves(value)):
            raise ValueError(
                f"The op {operation.name!r} can't be saved: its argument {key!r} is a tensor of the model."
            )
    return (
        {
            "module": KERAS_MODULES[name],
            "class_name": KERAS_CLASSES[name],
            "config": {"name": operation.name} | {key: plain_value(value) for key, value in static.items()},
            "registered_name": KERAS_CLASSES[name],
            "name": operation.name,
        },
        args,
        {},
    )


def _split(name: str, node: Node) -> tuple[list[Any], dict[str, Any]]:
    if name in _OPERANDS:
        key, given = _OPERANDS[name], list(node.args)
        static = dict(node.kwargs) if key in node.kwargs or name != "einsum" else {key: given.pop(0)} | node.kwargs
        return given, static
    bound = inspect.signature(OPS[name]).bind(*node.args, **node.kwargs)
    bound.apply_defaults()
    given = {p.name: bound.arguments[p.name] for p in _parameters(name)}
    if name == "get_item" and not isinstance(given["key"], int | tuple):
        given["key"] = (given["key"],)  # what Keras reads
    tensors = [given.pop(key) for key in _tensor_names(name)]
    while len(tensors) > 1 and tensors[-1] is None:
        tensors.pop()
    return tensors, given


def plain_value(x: Any) -> Any:
    """An argument that is no tensor of the model, as JSON can hold it."""
    if isinstance(x, Variable):
        raise ValueError(
            f"A functional model uses the variable {x.path!r} outside of a layer, so it can't be saved: make it the "
            "weight of a layer."
        )
    if isinstance(x, np.dtype) or (inspect.isclass(x) and issubclass(x, np.generic)):
        return np.dtype(x).name
    if isinstance(x, list | tuple):
        return [plain_value(item) for item in x]
    return serialize(engine.to_numpy(x) if engine.is_array(x) else x)


# Reading -------------------------------------------------------------------------------------------------------------
def is_op_config(config: dict[str, Any]) -> bool:
    """Whether a config is that of an op, by its module."""
    module = config.get("module")
    return isinstance(module, str) and module.startswith("keras.src.ops.")


class SavedOp(OpCall):
    """An op read from a config, with the arguments that the config holds."""

    def __init__(self, name: str, label: str, static: dict[str, Any]) -> None:
        super().__init__(OPS[name], label)
        self.static = static


def op_from_config(config: dict[str, Any]) -> SavedOp:
    """The op that a config names.

    Raises:
        UnregisteredNameError: it is not one of our ops.
    """
    key = config["module"], config["class_name"]
    name = OP_NAMES.get(key)
    if name is None or name not in OPS:
        raise UnregisteredNameError(f"A config names the op {key[1]!r:.80} of {key[0]!r:.80}, which is not known here.")
    inner = dict(config["config"])
    label = inner.pop("name", None) or config.get("name") or name
    known = {p.name for p in _parameters(name)}
    static = {k: _as_tuples(revive(value)) for k, value in inner.items() if k in known or value not in (None, False)}
    return SavedOp(name, label, static)


def _as_tuples(x: Any) -> Any:
    return tuple(_as_tuples(item) for item in x) if isinstance(x, list) else x


def op_call(operation: SavedOp, args: list[Any], kwargs: dict[str, Any]) -> Tree:
    """Record the call of an op on symbolic tensors."""
    name = operation.fn.__name__
    static = dict(operation.static)
    if name in _OPERANDS:
        first = [static.pop("subscripts")] if name == "einsum" else []
        return operation.symbolic_call(*first, *args, **static, **kwargs)
    if name == "get_item" and len(args) == 2 and isinstance(args[1], list):
        args = [args[0], tuple(args[1])]
    named = dict(zip(_tensor_names(name), args, strict=False))
    first_name = _parameters(name)[0].name
    first = [named.pop(first_name)] if first_name in named else []
    return operation.symbolic_call(*first, **named, **static, **kwargs)
