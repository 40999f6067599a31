"""Cross-entropies that give easy or noisy samples less weight."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import epsilon
from kerasish.backend.interface import Array
from kerasish.core.dtypes import standardize_dtype
from kerasish.losses.crossentropy import binary_surprise, check_smoothing, log_probabilities, smoothed
from kerasish.losses.loss import Loss, shape_rule
from kerasish.losses.pairs import in_float32, pair
from kerasish.losses.shapes import ELEMENTWISE, SAME, SPARSE, check_pair, squeeze_labels


@shape_rule(ELEMENTWISE)
@in_float32
def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """`(1 - q)^gamma` times the binary cross-entropy, averaged over `axis`; `q` is the probability of the target.

    From logits it is exact at any size; Keras's is at most 16.1.

    Args:
        y_true: 0 or 1, or a probability between.
        y_pred: The probability of 1, or with `from_logits` its logit.
        apply_class_balancing: Whether to weigh class 1 with `alpha`, and class 0 with `1 - alpha`.
        alpha: The weight of class 1: a fraction.
        gamma: How much less an easy sample counts; 0: not at all.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: How far the targets are drawn to 1/2: a fraction.
        axis: The axis to average over.

    Shapes: Both alike; returns that without `axis`.

    Example:
        >>> round(float(binary_focal_crossentropy([1.0], [0.5])), 4)
        0.1733

    Source: Lin et al., 2017, https://arxiv.org/abs/1708.02002
    """
    check_smoothing(label_smoothing)
    y_true, y_pred = pair(y_true, y_pred)
    check_pair(SAME, y_true, y_pred, "binary_focal_crossentropy")
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    p = ops.sigmoid(y_pred) if from_logits else y_pred
    missed = y_true * (1.0 - p) + (1.0 - y_true) * p
    values = ops.power(missed, gamma) * binary_surprise(y_true, y_pred, from_logits)
    if apply_class_balancing:
        values = values * (y_true * alpha + (1.0 - y_true) * (1.0 - alpha))
    return ops.mean(values, axis=axis)


@shape_rule(SAME)
@in_float32
def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: Any = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Array:
    """`-sum(alpha (1 - p)^gamma y_true log(p))` along `axis`.

    Args:
        y_true: One-hot, or the probability of each class.
        y_pred: The probabilities `p`, or with `from_logits` their logits, as for `categorical_crossentropy`.
        alpha: A weight, or one for each class.
        gamma: How much less an easy sample counts; 0: not at all.
        from_logits: Whether `y_pred` are logits.
        label_smoothing: How far the targets are drawn to the uniform distribution: a fraction.
        axis: The axis of the classes.

    Shapes: Both alike; returns that without `axis`.

    Example:
        >>> round(float(categorical_focal_crossentropy([0.0, 1.0], [0.5, 0.5])), 4)
        0.0433

    Source: Lin et al., 2017, https://arxiv.org/abs/1708.02002
    """
    check_smoothing(label_smoothing)
    y_true, y_pred = pair(y_true, y_pred)
    check_pair(SAME, y_true, y_pred, "categorical_focal_crossentropy", axis)
    logs = log_probabilities(y_pred, from_logits, axis)
    weight = ops.cast(alpha, standardize_dtype(logs.dtype)) * ops.power(1.0 - ops.exp(logs), gamma)
    return -ops.sum(weight * smoothed(y_true, label_smoothing, axis) * logs, axis=axis)


@shape_rule(SPARSE)
@in_float32
def categorical_generalized_cross_entropy(y_true: Any, y_pred: Any, q: float) -> Array:
    """`(1 - p[y_true]^q) / q`: near `q = 0` the cross-entropy, at `q = 1` the mean absolute error.

    Args:
        y_true: Class numbers.
        y_pred: The probabilities `p` along the last axis.
        q: How little labels are trusted: above 0, at most 1.

    Shapes:
        y_true: `(batch, ...)`, perhaps with a last axis of size 1.
        y_pred: `(batch, ..., classes)`.
        returns: `(batch, ...)`.

    Example:
        >>> float(categorical_generalized_cross_entropy(1, [0.5, 0.5], 1.0))
        0.5

    Source: Zhang and Sabuncu, 2018, https://arxiv.org/abs/1805.07836
    """
    if not 0 < q <= 1:
        raise ValueError(f"q must be above 0 and at most 1; got {q!r}.")
    y_true = squeeze_labels(ops.cast(y_true, "int32"), y_pred)
    check_pair(SPARSE, y_true, y_pred, "categorical_generalized_cross_entropy")
    hits = ops.one_hot(y_true, y_pred.shape[-1], dtype="bool")
    p = ops.sum(ops.where(hits, y_pred, 0.0), axis=-1)
    # The power's gradient is infinite at 0.
    return (1.0 - ops.power(ops.maximum(p, epsilon()), q)) / q


class BinaryFocalCrossentropy(Loss):
    """`binary_focal_crossentropy`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = ELEMENTWISE

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return binary_focal_crossentropy(
            y_true,
            y_pred,
            apply_class_balancing=self.apply_class_balancing,
            alpha=self.alpha,
            gamma=self.gamma,
            from_logits=self.from_logits,
            label_smoothing=self.label_smoothing,
            axis=self.axis,
        )


class CategoricalFocalCrossentropy(Loss):
    """`categorical_focal_crossentropy`, as a loss. See there for the arguments, and `Loss` for weights and masks."""

    shape_rule = SAME

    def __init__(
        self,
        alpha: Any = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: Any = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return categorical_focal_crossentropy(
            y_true,
            y_pred,
            alpha=self.alpha,
            gamma=self.gamma,
            from_logits=self.from_logits,
            label_smoothing=self.label_smoothing,
            axis=self.axis,
        )


class CategoricalGeneralizedCrossEntropy(Loss):
    """`categorical_generalized_cross_entropy`, as a loss. See there for the arguments, and `Loss` for the rest."""

    shape_rule = SPARSE

    def __init__(
        self,
        q: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_generalized_cross_entropy",
        dtype: Any = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.q = q

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return categorical_generalized_cross_entropy(y_true, y_pred, q=self.q)
