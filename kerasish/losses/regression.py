"""Losses of numbers: how far predictions are from targets."""

from __future__ import annotations

import math
from typing import Any

from kerasish import ops
from kerasish.backend import epsilon
from kerasish.backend.interface import Array
from kerasish.losses.loss import Loss, shape_rule
from kerasish.losses.pairs import pair
from kerasish.losses.shapes import ELEMENTWISE, SAME


@shape_rule(ELEMENTWISE)
def mean_squared_error(y_true: Any, y_pred: Any) -> Array:
    """`(y_true - y_pred)²`, averaged over the last axis.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> float(mean_squared_error([0.0, 2.0], [1.0, 2.0]))
        0.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@shape_rule(ELEMENTWISE)
def mean_absolute_error(y_true: Any, y_pred: Any) -> Array:
    """`|y_true - y_pred|`, averaged over the last axis.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> float(mean_absolute_error([0.0, 2.0], [1.0, 2.0]))
        0.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    return ops.mean(ops.absolute(y_true - y_pred), axis=-1)


@shape_rule(ELEMENTWISE)
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Array:
    """`100 |y_true - y_pred| / max(|y_true|, epsilon)`, averaged over the last axis, in percent.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> round(float(mean_absolute_percentage_error([1.0, 2.0], [1.5, 2.0])), 3)
        25.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    scale = ops.maximum(ops.absolute(y_true), epsilon())
    return 100.0 * ops.mean(ops.absolute((y_true - y_pred) / scale), axis=-1)


@shape_rule(ELEMENTWISE)
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Array:
    """`(log(1 + y_true) - log(1 + y_pred))²`, averaged over the last axis. Numbers below `epsilon` count as `epsilon`.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> float(mean_squared_logarithmic_error([0.0, 2.0], [0.0, 2.0]))
        0.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    logs = [ops.log1p(ops.maximum(y, epsilon())) for y in (y_true, y_pred)]
    return ops.mean(ops.square(logs[0] - logs[1]), axis=-1)


@shape_rule(ELEMENTWISE)
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Array:
    """`e² / 2` where `e = |y_true - y_pred|` is at most `delta`, else `delta (e - delta / 2)`; the mean.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> float(huber([0.0, 0.0], [1.0, 3.0]))
        1.5

    Source: Huber, 1964, https://doi.org/10.1214/aoms/1177703732
    """
    y_true, y_pred = pair(y_true, y_pred)
    error = y_true - y_pred
    size = ops.absolute(error)
    # The smaller of the two numbers is squared: the square of a great error would overflow, and its gradient be NaN.
    inner = ops.minimum(size, delta)
    return ops.mean(0.5 * ops.square(inner) + delta * (size - inner), axis=-1)


@shape_rule(ELEMENTWISE)
def log_cosh(y_true: Any, y_pred: Any) -> Array:
    """`log(cosh(y_pred - y_true))`, averaged over the last axis; no error is too great for it.

    Shapes: `(batch, ..., n)`, twice; returns `(batch, ...)`.

    Example:
        >>> round(float(log_cosh([0.0, 0.0], [0.0, 100.0])), 3)
        49.653
    """
    y_true, y_pred = pair(y_true, y_pred)
    error = y_pred - y_true
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


@shape_rule(SAME)
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """`-y_true · y_pred / (|y_true| |y_pred|)` along `axis`: -1 for the same direction, 1 for the opposite one.

    A length below `epsilon` counts as `epsilon`, so a vector of zeros gives 0.

    Shapes: Both alike; returns that without `axis`.

    Example:
        >>> [float(x) for x in cosine_similarity([[3.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, -5.0]])]
        [-1.0, 1.0]
    """
    y_true, y_pred = pair(y_true, y_pred)
    return -ops.sum(_unit(y_true, axis) * _unit(y_pred, axis), axis=axis)


def _unit(x: Any, axis: int) -> Array:
    # The root of a maximum, not the maximum of a root, whose gradient at zero is infinite.
    return x / ops.sqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), epsilon() ** 2))


class MeanSquaredError(Loss):
    """`mean_squared_error`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return mean_squared_error(y_true, y_pred)


class MeanAbsoluteError(Loss):
    """`mean_absolute_error`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return mean_absolute_error(y_true, y_pred)


class MeanAbsolutePercentageError(Loss):
    """`mean_absolute_percentage_error`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return mean_absolute_percentage_error(y_true, y_pred)


class MeanSquaredLogarithmicError(Loss):
    """`mean_squared_logarithmic_error`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return mean_squared_logarithmic_error(y_true, y_pred)


class Huber(Loss):
    """`huber`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE
    unwritten_defaults = ("dtype", "delta")

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.delta = delta

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return huber(y_true, y_pred, delta=self.delta)


class LogCosh(Loss):
    """`log_cosh`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return log_cosh(y_true, y_pred)


class CosineSimilarity(Loss):
    """`cosine_similarity`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = SAME
    unwritten_defaults = ("dtype", "axis")

    def __init__(
        self,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return cosine_similarity(y_true, y_pred, axis=self.axis)
