"""Correlations of targets and predictions along an axis."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import epsilon
from kerasish.backend.interface import Array
from kerasish.losses.loss import shape_rule
from kerasish.losses.pairs import pair
from kerasish.losses.shapes import SAME
from kerasish.metrics.reduction import MeanMetricWrapper


@shape_rule(SAME)
def pearson_correlation(y_true: Any, y_pred: Any, axis: Any = -1) -> Array:
    """The mean of the product of both, each brought to mean 0 and standard deviation 1 along `axis`.

    Example:
        >>> round(float(pearson_correlation([1.0, 2.0, 3.0], [3.0, 5.0, 7.0])), 3)
        1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    centered = [y - ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred)]
    scaled = [c / (ops.std(c, axis=axis, keepdims=True) + epsilon()) for c in centered]
    return ops.mean(scaled[0] * scaled[1], axis=axis)


@shape_rule(SAME)
def concordance_correlation(y_true: Any, y_pred: Any, axis: Any = -1) -> Array:
    """`2 cov / (var(y_true) + var(y_pred) + (difference of means)²)` along `axis`: 1 only where both are equal.

    Example:
        >>> round(float(concordance_correlation([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])), 3)
        1.0

    Source: Lin, 1989, https://doi.org/10.2307/2532051
    """
    y_true, y_pred = pair(y_true, y_pred)
    means = [ops.mean(y, axis=axis, keepdims=True) for y in (y_true, y_pred)]
    shared = ops.mean((y_true - means[0]) * (y_pred - means[1]), axis=axis, keepdims=True)
    spread = ops.var(y_true, axis=axis, keepdims=True) + ops.var(y_pred, axis=axis, keepdims=True)
    return ops.mean(2 * shared / (spread + ops.square(means[0] - means[1]) + epsilon()), axis=axis)


class PearsonCorrelation(MeanMetricWrapper):
    """`pearson_correlation`, averaged over all samples."""

    _direction = "up"

    def __init__(self, name: str | None = "pearson_correlation", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(pearson_correlation, name, dtype, axis=axis)
        self.axis = axis


class ConcordanceCorrelation(MeanMetricWrapper):
    """`concordance_correlation`, averaged over all samples."""

    _direction = "up"

    def __init__(self, name: str | None = "concordance_correlation", dtype: Any = None, axis: Any = -1) -> None:
        super().__init__(concordance_correlation, name, dtype, axis=axis)
        self.axis = axis
