"""The area under a curve over all thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish import ops
from kerasish.backend import engine, epsilon, xp
from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.metrics.confusion import KINDS, binary_pairs
from kerasish.metrics.metric import Metric
from kerasish.metrics.reduction import divide_no_nan

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "minoring", "majoring")


def even_thresholds(number: int) -> list[float]:
    """`number` thresholds from just below 0 to just above 1, evenly spaced between."""
    return [-epsilon(), *((i + 1) / (number - 1) for i in range(number - 2)), 1.0 + epsilon()]


def counts_by_bucket(
    thresholds: Sequence[float], truth: Array, score: Array, weight: Array, labels: int | None = None
) -> dict[str, Array]:
    """As `confusion.count_at`, in time that does not grow with the number of thresholds, which must be sorted.

    Args:
        thresholds: Of which a positive score is above.
        truth: Boolean.
        score: Of the same shape.
        weight: Of the same shape.
        labels: The size of the last axis, if each label is counted for itself.

    Shapes:
        returns: `(thresholds,)`, or `(thresholds, labels)`.
    """
    levels = xp.asarray(np.asarray(thresholds, "float64"), dtype=score.dtype)
    number, columns = len(thresholds), labels or 1
    bucket = xp.searchsorted(levels, score.reshape(-1, columns))  # how many thresholds the score is above
    # A NaN is sorted behind all numbers, but it is above none of them.
    bucket = xp.where(xp.isnan(score.reshape(-1, columns)), 0, bucket)
    segment = (bucket * columns + xp.arange(columns, dtype=bucket.dtype)).reshape(-1)
    truth, weight = truth.reshape(-1), weight.reshape(-1)

    def above_and_below(chosen: Array) -> tuple[Array, Array]:
        amounts = xp.where(chosen, weight, xp.zeros_like(weight))
        per_bucket = engine.segment_sum(amounts, segment, (number + 1) * columns).reshape(number + 1, columns)
        above = xp.flip(xp.cumsum(xp.flip(per_bucket[1:], axis=0), axis=0), axis=0)
        below = xp.cumsum(per_bucket[:-1], axis=0)
        return (above, below) if labels else (above[:, 0], below[:, 0])

    (tp, fn), (fp, tn) = above_and_below(truth), above_and_below(~truth)
    return dict(zip(KINDS, (tp, fp, tn, fn), strict=True))


class CountsAtThresholds(Metric):
    """Keeps the numbers of `KINDS` at many thresholds."""

    weights_rows = True
    _direction = "up"

    def _make_sums(self, shape: tuple[int, ...]) -> None:
        self.true_positives: Variable = self.add_sum(shape, "true_positives")
        self.false_positives: Variable = self.add_sum(shape, "false_positives")
        self.true_negatives: Variable = self.add_sum(shape, "true_negatives")
        self.false_negatives: Variable = self.add_sum(shape, "false_negatives")

    def _add(self, counts: dict[str, Array]) -> None:
        sums = (self.true_positives, self.false_positives, self.true_negatives, self.false_negatives)
        for kind, variable in zip(KINDS, sums, strict=True):
            self.accumulate(variable, counts[kind])

    def _rates(self) -> dict[str, Array]:
        tp, fp = self.true_positives.value, self.false_positives.value
        tn, fn = self.true_negatives.value, self.false_negatives.value
        return {
            "recall": divide_no_nan(tp, tp + fn),
            "precision": divide_no_nan(tp, tp + fp),
            "specificity": divide_no_nan(tn, tn + fp),
            "false alarms": divide_no_nan(fp, fp + tn),
        }


class AUC(CountsAtThresholds):
    """The area under the ROC curve (recall over false alarms), or under the precision-recall curve.

    Args:
        num_thresholds: Of how many points the curve is made.
        curve: `"ROC"`, `"PR"`, or `"PRGAIN"` (precision gain over recall gain).
        summation_method: Between the points: `"interpolation"`, or the lower (`"minoring"`) or upper (`"majoring"`)
            of the two.
        name: Shown in the logs.
        dtype: See `Metric`.
        thresholds: Points from 0 to 1 instead of evenly spaced ones; the two ends are added.
        multi_label: Whether each label has a curve of its own; the result is the mean of the areas.
        num_labels: How many labels there are, if the metric is to have its variables at once.
        label_weights: One weight per label.
        from_logits: Whether the predictions are logits.

    Shapes:
        y_true, y_pred: Both alike; with `multi_label` `(batch, labels)`.

    Example:
        >>> float(AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]))
        0.75

    Source: Davis and Goadrich, 2006, https://doi.org/10.1145/1143844.1143874 (PR); Flach and Kull, 2015 (PRGAIN).
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(dtype, name)
        self.curve = _one_of("curve", curve, CURVES)
        self.summation_method = _one_of("summation_method", summation_method, SUMMATIONS)
        if num_labels is not None and not multi_label:
            raise ValueError(f"{self.name}: num_labels is for multi_label=True.")
        if thresholds is None and num_thresholds <= 1:
            raise ValueError(f"{self.name}: num_thresholds must be an integer above 1; got {num_thresholds!r}.")
        self._inner = None if thresholds is None else sorted(float(t) for t in thresholds)
        if self._inner and not (self._inner[0] >= 0 and self._inner[-1] <= 1):
            raise ValueError(f"{self.name}: thresholds must be numbers from 0 to 1; got {thresholds!r}.")
        self.thresholds = (
            even_thresholds(num_thresholds) if self._inner is None else [-epsilon(), *self._inner, 1.0 + epsilon()]
        )
        self.num_thresholds = len(self.thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else [float(w) for w in label_weights]
        self.from_logits = from_logits
        if num_labels is not None or not multi_label:
            self._make_sums((self.num_thresholds, num_labels) if num_labels else (self.num_thresholds,))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count in a batch."""
        truth, score, weight = binary_pairs(self, y_true, y_pred, sample_weight)
        labels = score.shape[-1]
        if self.multi_label and not self._own:
            self._make_sums((self.num_thresholds, labels))
        if self.multi_label and (score.ndim != 2 or self.true_positives.shape[-1] != labels):
            raise ValueError(
                f"{self.name}: with multi_label, predictions have the shape (batch, {self.true_positives.shape[-1]}); "
                f"got {tuple(score.shape)}."
            )
        if self.label_weights is not None and len(self.label_weights) != labels:
            raise ValueError(f"{self.name} has {len(self.label_weights)} label_weights, but there are {labels} labels.")
        if self.label_weights is not None and not self.multi_label:
            weight = weight * xp.asarray(self.label_weights, dtype=weight.dtype)
        score = ops.sigmoid(score) if self.from_logits else score
        self._add(counts_by_bucket(self.thresholds, truth, score, weight, labels if self.multi_label else None))

    def result(self) -> Array:
        """The area."""
        if not self._own:
            return xp.zeros((), self.dtype)
        area = self._interpolated_pr() if self._is_interpolated_pr() else self._area_between_points()
        if not self.multi_label:
            return area
        if self.label_weights is None:
            return xp.mean(area)
        weight = xp.asarray(self.label_weights, dtype=area.dtype)
        return divide_no_nan(xp.sum(area * weight), xp.sum(weight))

    def _is_interpolated_pr(self) -> bool:
        return self.curve == "PR" and self.summation_method == "interpolation"

    def _area_between_points(self) -> Array:
        rates = self._rates()
        x, y = {
            "ROC": lambda: (rates["false alarms"], rates["recall"]),
            "PR": lambda: (rates["recall"], rates["precision"]),
            "PRGAIN": lambda: (xp.clip(self._gain(rates["recall"]), 0, 1), self._gain(rates["precision"])),
        }[self.curve]()
        heights = {
            "interpolation": lambda a, b: (a + b) / 2,
            "minoring": xp.minimum,
            "majoring": xp.maximum,
        }[self.summation_method](y[:-1], y[1:])
        return xp.sum((x[:-1] - x[1:]) * heights, axis=0)

    def _gain(self, rate: Array) -> Array:
        """How much better than always saying yes, on the harmonic scale; the base rate is that at the first point."""
        positives = self.true_positives.value[0] + self.false_negatives.value[0]
        negatives = self.false_positives.value[0] + self.true_negatives.value[0]
        base = divide_no_nan(positives, positives + negatives)
        return divide_no_nan(rate - base, (1 - base) * rate)

    def _interpolated_pr(self) -> Array:
        """Between points the true positives are linear in the positives; the precision is integrated exactly."""
        right = self.true_positives.value
        said = right + self.false_positives.value
        slope = divide_no_nan(right[:-1] - right[1:], said[:-1] - said[1:])
        slope = xp.where(said[:-1] - said[1:] > 0, slope, xp.zeros_like(slope))
        intercept = right[1:] - slope * said[1:]
        both = (said[:-1] > 0) & (said[1:] > 0)
        ratio = xp.where(both, divide_no_nan(said[:-1], said[1:]), xp.ones_like(slope))
        gained = slope * (right[:-1] - right[1:] + intercept * xp.log(ratio))
        return xp.sum(divide_no_nan(gained, right[1:] + self.false_negatives.value[1:]), axis=0)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config() | {"thresholds": self._inner}
        if self._inner is None:
            del config["thresholds"]
        return config


def _one_of(argument: str, given: Any, allowed: Sequence[str]) -> str:
    found = [name for name in allowed if str(given).lower() == name.lower()]
    if not found:
        raise ValueError(f"AUC's {argument} must be one of {', '.join(map(repr, allowed))}; got {given!r}.")
    return found[0]
