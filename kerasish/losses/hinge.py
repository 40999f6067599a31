"""Losses with a margin: no loss on the right side of it."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.losses.loss import Loss, shape_rule
from kerasish.losses.pairs import pair
from kerasish.losses.shapes import ELEMENTWISE, SAME


@shape_rule(ELEMENTWISE)
def hinge(y_true: Any, y_pred: Any) -> Array:
    """`max(1 - y_true y_pred, 0)`, averaged over the last axis. Targets are -1 and 1; if all are 0 or 1, 0 means -1.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> float(hinge([-1.0, 1.0], [0.5, 3.0]))
        0.75
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.relu(1.0 - _signs(y_true) * y_pred), axis=-1)


@shape_rule(ELEMENTWISE)
def squared_hinge(y_true: Any, y_pred: Any) -> Array:
    """`max(1 - y_true y_pred, 0)²`, averaged over the last axis. Targets as for `hinge`.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> float(squared_hinge([-1.0, 1.0], [0.0, 3.0]))
        0.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.square(ops.relu(1.0 - _signs(y_true) * y_pred)), axis=-1)


def _signs(y_true: Any) -> Any:
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0.0), ops.equal(y_true, 1.0)))
    return ops.where(binary, 2.0 * y_true - 1.0, y_true)


@shape_rule(SAME)
def categorical_hinge(y_true: Any, y_pred: Any) -> Array:
    """`max(1 + best wrong score - right score, 0)`, where `y_true` is one-hot along the last axis.

    Shapes: `(batch, ..., classes)`, twice; returns `(batch, ...)`.

    Example:
        >>> float(categorical_hinge([0.0, 1.0, 0.0], [0.5, 0.75, 0.0]))
        0.75
    """
    y_true, y_pred = pair(y_true, y_pred)
    right = ops.sum(y_true * y_pred, axis=-1)
    wrong = ops.max((1.0 - y_true) * y_pred, axis=-1)
    return ops.relu(wrong - right + 1.0)


class Hinge(Loss):
    """`hinge`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return hinge(y_true, y_pred)


class SquaredHinge(Loss):
    """`squared_hinge`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return squared_hinge(y_true, y_pred)


class CategoricalHinge(Loss):
    """`categorical_hinge`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = SAME

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return categorical_hinge(y_true, y_pred)
