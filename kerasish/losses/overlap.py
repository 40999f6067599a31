"""Losses of regions: how little two sets overlap."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import epsilon
from kerasish.backend.interface import Array
from kerasish.losses.loss import Loss, shape_rule
from kerasish.losses.pairs import in_float32, pair
from kerasish.losses.shapes import SAME


@shape_rule(SAME)
@in_float32
def dice(y_true: Any, y_pred: Any, axis: Any = None) -> Array:
    """`1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred))`, with sums over `axis`.

    Args:
        y_true: The target region: 0 or 1, or a fraction between.
        y_pred: The predicted region.
        axis: The axes to sum over; None: all, the batch too.

    Shapes: Both alike; returns that without `axis`.

    Example:
        >>> round(float(dice([1.0, 1.0, 0.0], [1.0, 0.0, 0.0])), 4)
        0.3333

    Source: Milletari et al., 2016, https://arxiv.org/abs/1606.04797
    """
    y_true, y_pred = pair(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    return 1.0 - 2.0 * both / (ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis) + epsilon())


@shape_rule(SAME)
@in_float32
def tversky(y_true: Any, y_pred: Any, alpha: float = 0.5, beta: float = 0.5, axis: Any = None) -> Array:
    """`1 - both / (both + alpha missed + beta invented)`, with sums over `axis`.

    Args:
        y_true: The target region: 0 or 1, or a fraction between.
        y_pred: The predicted region.
        alpha: The weight of what was missed: in the target, and not predicted.
        beta: The weight of what was invented: predicted, and not in the target.
        axis: The axes to sum over; None: all, the batch too.

    Shapes: Both alike; returns that without `axis`.

    Example:
        >>> round(float(tversky([1.0, 1.0, 0.0], [1.0, 0.0, 0.0])), 4)
        0.3333

    Source: Salehi et al., 2017, https://arxiv.org/abs/1706.05721
    """
    y_true, y_pred = pair(y_true, y_pred)
    both = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum(y_true, axis=axis) - both
    invented = ops.sum(y_pred, axis=axis) - both
    return 1.0 - both / (both + alpha * missed + beta * invented + epsilon())


class Dice(Loss):
    """`dice`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = SAME
    neutral = 0.0

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return dice(y_true, y_pred, axis=self.axis)


class Tversky(Loss):
    """`tversky`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = SAME
    neutral = 0.0

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha = alpha
        self.beta = beta
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return tversky(y_true, y_pred, alpha=self.alpha, beta=self.beta, axis=self.axis)
