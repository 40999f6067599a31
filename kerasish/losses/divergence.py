"""Losses of distributions and of counts."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import epsilon
from kerasish.backend.interface import Array
from kerasish.losses.loss import Loss, shape_rule
from kerasish.losses.pairs import in_float32, pair
from kerasish.losses.shapes import ELEMENTWISE, SAME


@shape_rule(SAME)
@in_float32
def kl_divergence(y_true: Any, y_pred: Any) -> Array:
    """`sum(y_true log(y_true / y_pred))` along the last axis; both are kept between `epsilon` and 1.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> round(float(kl_divergence([0.5, 0.5], [0.25, 0.75])), 4)
        0.1438
    """
    y_true, y_pred = (ops.clip(y, epsilon(), 1.0) for y in pair(y_true, y_pred))
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


@shape_rule(ELEMENTWISE)
@in_float32
def poisson(y_true: Any, y_pred: Any) -> Array:
    """`y_pred - y_true log(y_pred + epsilon)`, averaged over the last axis: targets are counts, predictions rates.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> round(float(poisson([0.0, 3.0], [1.0, 1.0])), 4)
        1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(y_pred - y_true * ops.log(y_pred + epsilon()), axis=-1)


class KLDivergence(Loss):
    """`kl_divergence`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = SAME

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return kl_divergence(y_true, y_pred)


class Poisson(Loss):
    """`poisson`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return poisson(y_true, y_pred)
