"""Cross-entropies: the surprise at the targets, in nats."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import epsilon
from kerasish.backend.interface import Array
from kerasish.core.dtypes import standardize_dtype
from kerasish.losses.loss import Loss, shape_rule
from kerasish.losses.pairs import in_float32, pair
from kerasish.losses.shapes import ELEMENTWISE, SAME, SPARSE, check_pair, squeeze_labels


def check_smoothing(label_smoothing: float) -> None:
    """Raise if `label_smoothing` is not a fraction."""
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must be between 0 and 1; got {label_smoothing!r}.")


@shape_rule(ELEMENTWISE)
@in_float32
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """`-y_true log(p) - (1 - y_true) log(1 - p)`, averaged over `axis`.

    Args:
        y_true: 0 or 1, or a probability between.
        y_pred: The probability `p`, kept `epsilon` from 0 and 1; or with `from_logits` its logit, exact at any size.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: How far the targets are drawn to 1/2: a fraction.
        axis: The axis to average over.

    Shapes: Both alike; returns that without `axis`.

    Example:
        >>> round(float(binary_crossentropy([0.0, 1.0], [-100.0, 0.0], from_logits=True)), 4)
        0.3466
    """
    check_smoothing(label_smoothing)
    y_true, y_pred = pair(y_true, y_pred)
    check_pair(SAME, y_true, y_pred, "binary_crossentropy")
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return ops.mean(binary_surprise(y_true, y_pred, from_logits), axis=axis)


def binary_surprise(y_true: Any, y_pred: Any, from_logits: bool) -> Array:
    """The cross-entropy of each element."""
    if from_logits:  # not softplus(z) - y z, which loses the small difference of two great numbers
        return y_true * ops.softplus(-y_pred) + (1.0 - y_true) * ops.softplus(y_pred)
    p = ops.clip(y_pred, epsilon(), 1.0 - epsilon())
    return -(y_true * ops.log(p) + (1.0 - y_true) * ops.log1p(-p))


@shape_rule(SAME)
@in_float32
def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Array:
    """`-sum(y_true log(p))` along `axis`.

    Args:
        y_true: One-hot, or the probability of each class.
        y_pred: The probabilities `p`; they are divided by their sum, and kept `epsilon` from 0 and 1. With
            `from_logits` the logits of them, exact at any size.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: How far the targets are drawn to the uniform distribution: a fraction.
        axis: The axis of the classes.

    Shapes: Both alike; returns that without `axis`.

    Example:
        >>> round(float(categorical_crossentropy([0.0, 1.0], [0.5, 0.5])), 4)
        0.6931
    """
    check_smoothing(label_smoothing)
    y_true, y_pred = pair(y_true, y_pred)
    check_pair(SAME, y_true, y_pred, "categorical_crossentropy", axis)
    return -ops.sum(smoothed(y_true, label_smoothing, axis) * log_probabilities(y_pred, from_logits, axis), axis=axis)


def smoothed(y_true: Any, label_smoothing: float, axis: int) -> Any:
    """Distributions along `axis`, drawn to the uniform one."""
    if not label_smoothing:
        return y_true
    return y_true * (1.0 - label_smoothing) + label_smoothing / y_true.shape[axis]


def log_probabilities(y_pred: Any, from_logits: bool, axis: int) -> Array:
    """The logarithms of the classes' probabilities."""
    if from_logits:
        return ops.log_softmax(y_pred, axis=axis)
    p = y_pred / ops.sum(y_pred, axis=axis, keepdims=True)
    return ops.log(ops.clip(p, epsilon(), 1.0 - epsilon()))


@shape_rule(SPARSE)
@in_float32
def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Array:
    """`-log(p[y_true])`, where `p` are the probabilities of the classes along `axis`.

    Args:
        y_true: Class numbers. One that is no class gives NaN, where Keras has 0, as if the prediction were perfect.
        y_pred: The probabilities, or with `from_logits` the logits, as for `categorical_crossentropy`.
        from_logits: Whether `y_pred` are logits.
        ignore_class: A number, -1 say, whose loss is 0.
        axis: The axis of the classes.

    Shapes:
        y_true: The shape of `y_pred` without `axis`, perhaps with a last axis of size 1.
        y_pred: `(batch, ..., classes)`.
        returns: The shape of `y_pred` without `axis`.

    Example:
        >>> round(float(sparse_categorical_crossentropy(1, [0.5, 0.5])), 4)
        0.6931
    """
    y_true = squeeze_labels(ops.cast(y_true, "int32"), y_pred)
    check_pair(SPARSE, y_true, y_pred, "sparse_categorical_crossentropy", axis)
    logs = log_probabilities(y_pred, from_logits, axis)
    classes = y_pred.shape[axis]
    hits = ops.one_hot(y_true, classes, axis=axis, dtype="bool")
    # where, not a product: a class that is ruled out has the logarithm -inf, and 0 * inf is NaN.
    values = -ops.sum(ops.where(hits, logs, 0.0), axis=axis)
    valid = ops.logical_and(ops.greater_equal(y_true, 0), ops.less(y_true, classes))
    values = ops.where(valid, values, ops.cast(float("nan"), standardize_dtype(y_pred.dtype)))
    return values if ignore_class is None else ops.where(ops.equal(y_true, ignore_class), 0.0, values)


class BinaryCrossentropy(Loss):
    """`binary_crossentropy`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return binary_crossentropy(
            y_true, y_pred, from_logits=self.from_logits, label_smoothing=self.label_smoothing, axis=self.axis
        )


class CategoricalCrossentropy(Loss):
    """`categorical_crossentropy`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = SAME

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return categorical_crossentropy(
            y_true, y_pred, from_logits=self.from_logits, label_smoothing=self.label_smoothing, axis=self.axis
        )


class SparseCategoricalCrossentropy(Loss):
    """`sparse_categorical_crossentropy`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = SPARSE
    unwritten_defaults = ("dtype", "axis")

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: Any = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return sparse_categorical_crossentropy(
            y_true, y_pred, from_logits=self.from_logits, ignore_class=self.ignore_class, axis=self.axis
        )
