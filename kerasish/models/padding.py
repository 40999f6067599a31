"""Partial batches, padded to the size of full ones: where that is exact, and how padded rows are left out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.context import masks
from kerasish.core.symbolic import OpCall
from kerasish.layers.layer import Layer

_rows: ContextVar[Array | None] = ContextVar("kerasish_rows", default=None)


@contextlib.contextmanager
def only_rows(count: Any) -> Iterator[None]:
    """Inside it, only the first `count` rows of the batch are real; None: all are."""
    token = _rows.set(count)
    try:
        yield
    finally:
        _rows.reset(token)


def real_rows(size: int) -> Array | None:
    """True for each real row of a batch of `size` rows, False for padding; None if there is no padding."""
    count = _rows.get()
    return None if count is None else xp.arange(size, dtype="int32") < count


def row_count(size: int) -> Any:
    """How many rows of a batch of `size` rows are real, as a float."""
    count = _rows.get()
    return float(size) if count is None else count.astype("float32")


def mask_padding(y_pred: Tree) -> None:
    """Give the predictions a mask that is False in padded rows; losses and metrics leave masked rows out."""
    for output in tree.leaves(y_pred):
        real = real_rows(output.shape[0]) if output.ndim else None
        if real is not None:
            mask = masks.get(output)
            masks.set(output, real if mask is None else xp.logical_and(mask, _like(real, mask)))


def _like(real: Array, mask: Array) -> Array:
    return real.reshape((-1,) + (1,) * (mask.ndim - 1))


def is_per_sample(model: Layer, *, training: bool) -> bool:
    """Whether each row of the model's output depends on the same row of the input alone, as far as can be known.

    Only library layers are known: what a user's `call` does with the batch can't be seen.
    """
    return all(_layer_is_per_sample(layer, training) for layer in model.layers_inside())


def _layer_is_per_sample(layer: Any, training: bool) -> bool:
    if layer.mixes_samples is True or (training and layer.mixes_samples == "training" and layer.trainable):
        return False
    if training and layer.activity_regularizer is not None:
        return False  # divided by the batch size
    if not type(layer).call.__module__.startswith("kerasish."):
        return False
    operations = layer.graph_operations()
    if any(isinstance(operation, OpCall) and operation.fn.__name__ not in PER_ELEMENT for operation in operations):
        return False
    activation = vars(layer).get("activation")
    return activation is None or isinstance(activation, Layer) or _is_ours(activation)


def _is_ours(fn: Any) -> bool:
    return getattr(fn, "__module__", "").startswith("kerasish.")


# fmt: off
PER_ELEMENT = frozenset((
    "absolute", "add", "cast", "clip", "cos", "divide", "elu", "exp", "gelu", "leaky_relu", "log", "log1p", "maximum",
    "minimum", "multiply", "negative", "power", "relu", "selu", "sigmoid", "silu", "sin", "softplus", "softsign",
    "sqrt", "square", "subtract", "tanh", "true_divide", "where",
))
# fmt: on
"""Ops that work on each element by itself."""
