"""Mistakes that can be seen before the first step, or after an epoch: each would otherwise be a silent wrong number."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from kerasish import activations
from kerasish.backend.interface import Tree
from kerasish.core import tree
from kerasish.core.symbolic import SymbolicTensor
from kerasish.data import ArrayBatches, Batches
from kerasish.layers.layer import Layer
from kerasish.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    LossFunctionWrapper,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from kerasish.models import outputs as by_output

KINDS = {
    "binary": (BinaryCrossentropy, binary_crossentropy),
    "categorical": (CategoricalCrossentropy, categorical_crossentropy),
    "sparse": (SparseCategoricalCrossentropy, sparse_categorical_crossentropy),
}


def kind_of(loss: Loss | None) -> str | None:
    """Which cross-entropy a loss is, if any."""
    for kind, (cls, function) in KINDS.items():
        if isinstance(loss, cls) or (isinstance(loss, LossFunctionWrapper) and loss.fn is function):
            return kind
    return None


def takes_logits(loss: Loss | None) -> bool:
    """Whether a cross-entropy takes logits, and not probabilities."""
    if isinstance(loss, LossFunctionWrapper):
        return bool(loss.fn_kwargs.get("from_logits", False))
    return bool(vars(loss).get("from_logits", False)) if loss is not None else False


def check_outputs(outputs: list[SymbolicTensor], losses: list[Loss | None], names: list[str]) -> None:
    """Look at the layers that the outputs come from.

    Raises:
        ValueError: a softmax over a single unit, which is always 1.

    Warns:
        UserWarning: a loss that expects probabilities gets an output without an activation.
    """
    for output, loss, name in zip(outputs, losses, names, strict=True):
        layer = output.node.operation if output.node is not None else None
        activation = vars(layer).get("activation") if isinstance(layer, Layer) else None
        if activation is activations.softmax and output.shape[-1] == 1:
            raise ValueError(f"Output {name!r} is a softmax over one unit, which is always 1; use a sigmoid.")
        kind = kind_of(loss)
        if kind is not None and activation is activations.linear and not takes_logits(loss):
            right = "sigmoid" if kind == "binary" else "softmax"
            warnings.warn(
                f"Output {name!r} has no activation, but its loss expects probabilities. Give the loss "
                f"from_logits=True, or the layer activation={right!r}.",
                stacklevel=4,
            )


def check_targets(model: Any, batches: Batches, y_pred: Tree, losses: list[Loss | None], names: list[str]) -> None:
    """Look at the targets: all of them if they are arrays in memory, else those of the first batch.

    What a sample weight or a mask may leave out is not looked at.

    Raises:
        ValueError: a target is not finite, or no class of its output, or no probability.
    """
    whole = isinstance(batches, ArrayBatches) and batches.is_small
    _, y, sample_weight = batches.data if whole else batches.example().data  # pyright: ignore
    if y is None or sample_weight is not None:
        return
    masked = any(type(layer).compute_mask is not Layer.compute_mask for layer in model.layers_inside())
    found = zip(by_output.targets(y, y_pred, names), tree.leaves(y_pred), losses, names, strict=True)
    for target, output, loss, name in found:
        if target is None or loss is None or (masked and len(output.shape) > 2):
            continue
        host = np.asarray(target)
        if host.dtype.kind == "f" and not np.isfinite(host).all():
            raise ValueError(f"y has {_first(host, ~np.isfinite(host))}: a target must be finite.")
        if kind_of(loss) == "sparse":
            _check_classes(host, output.shape[-1], loss, name)
        elif kind_of(loss) == "binary" and host.size and not (host.min() >= 0 and host.max() <= 1):
            raise ValueError(
                f"y has {_first(host, (host < 0) | (host > 1))}; a binary cross-entropy takes targets from 0 to 1."
            )


def _check_classes(y: np.ndarray, classes: int | None, loss: Any, name: str) -> None:
    ignored = loss.ignore_class
    counts = np.ones(y.shape, bool) if ignored is None else y != ignored
    if y.dtype.kind == "f" and (counts & (y != np.round(y))).any():
        raise ValueError(f"y has {_first(y, y != np.round(y))}; class numbers must be whole.")
    wrong = counts & ((y < 0) | (y >= (classes or math.inf)))
    if wrong.any():
        hint = " Give the loss ignore_class=-1 to leave it out." if y[wrong][0] == -1 else ""
        raise ValueError(
            f"y has {_first(y, wrong)}; output {name!r} has {classes} classes, numbered from 0 to {classes - 1}."  # pyright: ignore
            + hint
        )


def _first(x: np.ndarray, where: np.ndarray) -> str:
    place = tuple(int(i) for i in np.argwhere(where)[0])
    return f"{x[place]} at row {place[0]}" + (f", place {place[1:]}" if len(place) > 1 else "")


def report_divergence(loss: float, epoch: int, batches: Batches) -> bool:
    """Warn if the loss of an epoch is not finite; returns whether it did."""
    if math.isfinite(loss):
        return False
    cause = "a smaller learning rate, or clipping, may help"
    if isinstance(batches, ArrayBatches) and batches.is_small:
        for x in tree.leaves(batches.data[0]):
            host = np.asarray(x)
            if host.dtype.kind == "f" and not np.isfinite(host).all():
                cause = f"x has {_first(host, ~np.isfinite(host))}"
    warnings.warn(f"The loss is {loss} in epoch {epoch + 1}: {cause}.", stacklevel=3)
    return True
