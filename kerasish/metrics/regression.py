"""Losses of numbers, as metrics; and the root of the mean of squares."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.losses import (
    cosine_similarity as negative_cosine,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from kerasish.losses.loss import shape_rule
from kerasish.losses.shapes import ELEMENTWISE, SAME
from kerasish.metrics.reduction import MeanMetricWrapper, divide_no_nan


@shape_rule(SAME)
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Array:
    """`y_true · y_pred / (|y_true| |y_pred|)` along `axis`: 1 for the same direction. (The loss is -1 there.)"""
    return -negative_cosine(y_true, y_pred, axis)


@shape_rule(ELEMENTWISE)
def _square(y_true: Any, y_pred: Any) -> Array:
    return xp.square(y_true - y_pred)


class MeanSquaredError(MeanMetricWrapper):
    """`losses.mean_squared_error`, averaged over all samples."""

    _direction = "down"

    def __init__(
        self,
        name: str | None = "mean_squared_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_error, name, dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """`losses.mean_absolute_error`, averaged over all samples."""

    _direction = "down"

    def __init__(
        self,
        name: str | None = "mean_absolute_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_error, name, dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """`losses.mean_absolute_percentage_error`, averaged over all samples."""

    _direction = "down"

    def __init__(
        self,
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_absolute_percentage_error, name, dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """`losses.mean_squared_logarithmic_error`, averaged over all samples."""

    _direction = "down"

    def __init__(
        self,
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(mean_squared_logarithmic_error, name, dtype)


class LogCoshError(MeanMetricWrapper):
    """`losses.log_cosh`, averaged over all samples."""

    _direction = "down"

    def __init__(
        self,
        name: str | None = "logcosh",
        dtype: Any = None,
    ) -> None:
        super().__init__(log_cosh, name, dtype)


class CosineSimilarity(MeanMetricWrapper):
    """`cosine_similarity`, averaged over all samples."""

    unwritten_defaults = ("axis",)
    _direction = "up"

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: Any = None,
        axis: Any = -1,
    ) -> None:
        super().__init__(cosine_similarity, name, dtype, axis=axis)
        self.axis = axis


class RootMeanSquaredError(MeanMetricWrapper):
    """The root of the mean of `(y_true - y_pred)²`.

    Example:
        >>> round(float(RootMeanSquaredError()([0.0, 0.0], [1.0, 7.0])), 4)
        5.0
    """

    _direction = "down"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: Any = None) -> None:
        super().__init__(_square, name, dtype)

    def result(self) -> Array:
        """The root."""
        return xp.sqrt(divide_no_nan(self.total.value, self.count.value))
