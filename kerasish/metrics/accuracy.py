"""How often predictions are right."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend.interface import Array
from kerasish.core.dtypes import standardize_dtype
from kerasish.losses.loss import shape_rule
from kerasish.losses.pairs import floating, pair
from kerasish.losses.shapes import ELEMENTWISE, SAME, SPARSE, squeeze_labels, squeeze_to_pair
from kerasish.metrics.reduction import MeanMetricWrapper


@shape_rule(ELEMENTWISE)
def accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 where `y_true` equals `y_pred`, averaged over the last axis."""
    y_true, y_pred = squeeze_to_pair(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    return ops.mean(ops.cast(ops.equal(y_true, y_pred), standardize_dtype(None)), axis=-1)


@shape_rule(ELEMENTWISE)
def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Array:
    """1 where `y_pred > threshold` is what `y_true` says, averaged over the last axis.

    Example:
        >>> float(binary_accuracy([0.0, 1.0], [0.5, 0.4]))
        0.5
    """
    y_true, y_pred = pair(y_true, y_pred)
    said = ops.cast(ops.greater(y_pred, threshold), standardize_dtype(y_true.dtype))
    return ops.mean(ops.cast(ops.equal(y_true, said), standardize_dtype(None)), axis=-1)


@shape_rule(SAME)
def categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 where the greatest of `y_pred` along the last axis is where that of `y_true` is.

    Example:
        >>> float(categorical_accuracy([0.0, 1.0], [0.2, 0.8]))
        1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    return _hits(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)))


@shape_rule(SPARSE)
def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Array:
    """1 where the greatest of `y_pred` along the last axis is at the class number `y_true`.

    Example:
        >>> float(sparse_categorical_accuracy(1, [0.2, 0.8]))
        1.0
    """
    y_pred = floating(y_pred)
    y_true = squeeze_labels(ops.convert_to_tensor(y_true), y_pred)
    best = ops.cast(ops.argmax(y_pred, axis=-1), "int32")
    return _hits(ops.equal(y_true, ops.cast(best, standardize_dtype(y_true.dtype))))


@shape_rule(SAME)
def top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5) -> Array:
    """1 where the greatest of `y_true` is among the `k` greatest of `y_pred`, along the last axis. Ties count as hits.

    Example:
        >>> float(top_k_categorical_accuracy([0.0, 0.0, 1.0], [0.5, 0.1, 0.4], k=2))
        1.0
    """
    y_true, y_pred = pair(y_true, y_pred)
    return sparse_top_k_categorical_accuracy(ops.argmax(y_true, axis=-1), y_pred, k)


@shape_rule(SPARSE)
def sparse_top_k_categorical_accuracy(y_true: Any, y_pred: Any, k: int = 5, from_sorted_ids: bool = False) -> Array:
    """1 where the class number `y_true` is among the `k` greatest of `y_pred`. Ties count as hits.

    Args:
        y_true: Class numbers.
        y_pred: Scores along the last axis; or with `from_sorted_ids` class numbers, the best first.
        k: How many of them are looked at.
        from_sorted_ids: Whether `y_pred` are class numbers.

    Example:
        >>> float(sparse_top_k_categorical_accuracy(2, [0.5, 0.1, 0.4], k=2))
        1.0
    """
    if k < 1:
        raise ValueError(f"k must be at least 1; got {k!r}.")
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.expand_dims(ops.cast(squeeze_labels(ops.convert_to_tensor(y_true), y_pred), "int32"), -1)
    if from_sorted_ids:
        return _hits(ops.any(ops.equal(y_true, ops.cast(y_pred[..., :k], "int32")), axis=-1))
    y_pred = floating(y_pred)
    chosen = ops.equal(y_true, ops.arange(y_pred.shape[-1], dtype="int32"))
    score = ops.max(ops.where(chosen, y_pred, -float("inf")), axis=-1, keepdims=True)
    above = ops.sum(ops.cast(ops.greater(y_pred, score), "int32"), axis=-1)
    # A label that is no class, and one whose score is NaN, is a miss.
    known = ops.any(ops.logical_and(chosen, ops.equal(y_pred, score)), axis=-1)
    return _hits(ops.logical_and(known, ops.less(above, k)))


def _hits(x: Any) -> Array:
    return ops.cast(x, standardize_dtype(None))


class Accuracy(MeanMetricWrapper):
    """How often predictions equal targets.

    Example:
        >>> float(Accuracy()([1, 2, 3, 4], [1, 2, 3, 0]))
        0.75
    """

    _direction = "up"

    def __init__(self, name: str | None = "accuracy", dtype: Any = None) -> None:
        super().__init__(accuracy, name, dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often `y_pred > threshold` is what `y_true`, 0 or 1, says.

    Example:
        >>> float(BinaryAccuracy()([1, 1, 0, 0], [0.98, 0.3, 0.1, 0.2]))
        0.75
    """

    _direction = "up"

    def __init__(self, name: str | None = "binary_accuracy", dtype: Any = None, threshold: float = 0.5) -> None:
        if threshold is not None and not 0 < threshold < 1:
            raise ValueError(f"BinaryAccuracy's threshold must be between 0 and 1; got {threshold!r}.")
        super().__init__(binary_accuracy, name, dtype, threshold=threshold)
        self.threshold = threshold


class CategoricalAccuracy(MeanMetricWrapper):
    """`categorical_accuracy`, averaged: targets are one-hot."""

    _direction = "up"

    def __init__(self, name: str | None = "categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(categorical_accuracy, name, dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """`sparse_categorical_accuracy`, averaged: targets are class numbers."""

    _direction = "up"

    def __init__(self, name: str | None = "sparse_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(sparse_categorical_accuracy, name, dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """`top_k_categorical_accuracy`, averaged: targets are one-hot."""

    _direction = "up"

    def __init__(self, k: int = 5, name: str | None = "top_k_categorical_accuracy", dtype: Any = None) -> None:
        super().__init__(top_k_categorical_accuracy, name, dtype, k=k)
        self.k = k


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """`sparse_top_k_categorical_accuracy`, averaged: targets are class numbers."""

    _direction = "up"
    unwritten_defaults = ("from_sorted_ids",)

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: Any = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(sparse_top_k_categorical_accuracy, name, dtype, k=k, from_sorted_ids=from_sorted_ids)
        self.k = k
        self.from_sorted_ids = from_sorted_ids
