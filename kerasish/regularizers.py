"""Penalties on weights, added to the loss, under Keras's names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.core.configurable import Configurable, Family
from kerasish.core.registry import publish


class Regularizer(Configurable):
    """A penalty on a weight. Subclasses write `__call__(self, x)`, which returns a scalar."""

    def __call__(self, x: Any) -> Array:
        """The penalty for the weight `x`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method `__call__(self, x)`.")


def _factor(value: Any, default: float, name: str) -> float:
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 <= value < math.inf:
        raise ValueError(f"A regularizer's {name} must be a number of at least 0; got {value!r}.")
    return float(value)


class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x ** 2)`.

    Args:
        l1: At least 0.
        l2: At least 0.

    Example:
        >>> round(float(L1L2(l1=0.5, l2=0.1)([1.0, -2.0])), 4)
        2.0
    """

    def __init__(self, l1: float | None = 0.0, l2: float | None = 0.0) -> None:
        self.l1 = _factor(l1, 0.0, "l1")
        self.l2 = _factor(l2, 0.0, "l2")

    def __call__(self, x: Any) -> Array:
        """The penalty for the weight `x`."""
        x = ops.convert_to_tensor(x)
        penalty = ops.zeros((), x.dtype)
        if self.l1:
            penalty = penalty + ops.multiply(ops.sum(ops.absolute(x)), self.l1)
        if self.l2:
            penalty = penalty + ops.multiply(ops.sum(ops.square(x)), self.l2)
        return penalty


class L1(Regularizer):
    """`l1 * sum(|x|)`: makes weights 0.

    Args:
        l1: At least 0.
    """

    def __init__(self, l1: float | None = 0.01) -> None:
        self.l1 = _factor(l1, 0.01, "l1")

    def __call__(self, x: Any) -> Array:
        """The penalty for the weight `x`."""
        return ops.multiply(ops.sum(ops.absolute(x)), self.l1)


class L2(Regularizer):
    """`l2 * sum(x ** 2)`: makes weights small.

    Args:
        l2: At least 0.
    """

    def __init__(self, l2: float | None = 0.01) -> None:
        self.l2 = _factor(l2, 0.01, "l2")

    def __call__(self, x: Any) -> Array:
        """The penalty for the weight `x`."""
        return ops.multiply(ops.sum(ops.square(x)), self.l2)


class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean `|cos|` of the angles between the rows, or columns, of a matrix.

    Args:
        factor: At least 0.
        mode: `"rows"` or `"columns"`.
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        if mode not in ("rows", "columns"):
            raise ValueError(f"OrthogonalRegularizer's mode must be 'rows' or 'columns'; got {mode!r}.")
        self.factor = _factor(factor, 0.01, "factor")
        self.mode = mode

    def __call__(self, x: Any) -> Array:
        """The penalty for the matrix `x`.

        Raises:
            ValueError: `x` is not a matrix.
        """
        x = ops.convert_to_tensor(x)
        if x.ndim != 2:
            raise ValueError(f"OrthogonalRegularizer takes matrices; got a weight of shape {tuple(x.shape)}.")
        lines = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        count = lines.shape[0]
        cosines = ops.matmul(lines, ops.transpose(lines))
        others = ops.absolute(cosines * ops.cast(1 - np.eye(count), x.dtype))
        pairs = max(count * (count - 1) / 2, 1)
        return ops.multiply(ops.sum(others), self.factor * 0.5 / pairs)


l1 = L1
l2 = L2
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

publish(
    "keras.regularizers",
    {"Regularizer": Regularizer, "L1": L1, "L2": L2, "L1L2": L1L2, "OrthogonalRegularizer": OrthogonalRegularizer},
)

_family = Family("regularizer", "keras.regularizers")


def get(identifier: Any) -> Any:
    """The regularizer that a name, a config, a class or a function means; None means None.

    Raises:
        ValueError: there is none of that name; the error says which name is like it.
    """
    return _family.get(identifier)


def serialize(regularizer: Any) -> Any:
    """`regularizer` as JSON can hold it."""
    return _family.serialize(regularizer)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The regularizer that a name or a config describes."""
    return _family.deserialize(config, custom_objects)


__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]
