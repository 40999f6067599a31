"""Counts of right and wrong positives and negatives at thresholds, and precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.variable import Variable
from kerasish.losses.shapes import SAME
from kerasish.metrics.batch import elementwise, fitted
from kerasish.metrics.metric import Metric
from kerasish.metrics.reduction import divide_no_nan

KINDS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
NEVER = -1e10
"""A score that no threshold is below, of what is not among the `top_k`."""


def checked_thresholds(thresholds: Any, default: float) -> list[float]:
    """`thresholds` as a list.

    Raises:
        ValueError: one is not between 0 and 1.
    """
    found = [default] if thresholds is None else list(thresholds) if isinstance(thresholds, Sequence) else [thresholds]
    wrong = [t for t in found if t is None or not (0 <= t <= 1)] if thresholds is not None else []
    if wrong or not found:
        raise ValueError(f"thresholds must be numbers from 0 to 1; got {thresholds!r}.")
    return found


def binary_pairs(
    metric: Metric, y_true: Any, y_pred: Any, sample_weight: Any, top_k: int | None = None, class_id: int | None = None
) -> tuple[Array, Array, Array]:
    """Truth (boolean), score and weight of each element, all of the shape of the predictions."""
    y_true, y_pred, weight = fitted(y_true, y_pred, sample_weight, SAME, metric.name, metric.dtype)
    weight = elementwise(weight, y_pred, metric.name).astype(metric.dtype)
    y_pred = y_pred.astype(metric.dtype)
    classes = y_pred.shape[-1] if y_pred.ndim else 1
    if top_k is not None:
        if not 1 <= top_k <= classes:
            raise ValueError(f"{metric.name}: top_k must be from 1 to {classes}, the number of classes; got {top_k}.")
        best = engine.top_k(y_pred, top_k)[1]
        y_pred = xp.where(xp.any(best[..., None] == xp.arange(classes), axis=-2), y_pred, NEVER)
    if class_id is not None:
        if not 0 <= class_id < classes:
            raise ValueError(f"{metric.name}: class_id must be from 0 to {classes - 1}; got {class_id}.")
        y_true, y_pred, weight = (x[..., class_id] for x in (y_true, y_pred, weight))
    return y_true != 0, y_pred, weight


def count_at(thresholds: Sequence[float], truth: Array, score: Array, weight: Array) -> dict[str, Array]:
    """The weighted numbers of each of `KINDS`, at each threshold: positive is what is above it."""
    levels = xp.asarray(list(thresholds), dtype=score.dtype)
    above = score.reshape(-1)[None, :] > levels[:, None]
    truth, weight = truth.reshape(-1), weight.reshape(-1)
    chosen = (above & truth, above & ~truth, ~above & ~truth, ~above & truth)
    return {
        kind: xp.sum(xp.where(hit, weight, xp.zeros_like(weight)), axis=-1)
        for kind, hit in zip(KINDS, chosen, strict=True)
    }


class _Count(Metric):
    """The weighted number of one of `KINDS`."""

    weights_rows = True
    kind = ""

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(dtype, name)
        self.thresholds = thresholds
        self._levels = checked_thresholds(thresholds, 0.5)
        self.accumulator = self.add_sum((len(self._levels),), "accumulator")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count in a batch."""
        pairs = binary_pairs(self, y_true, y_pred, sample_weight)
        self.accumulate(self.accumulator, count_at(self._levels, *pairs)[self.kind])

    def result(self) -> Array:
        """The number at each threshold; a scalar if there is one."""
        return _scalar_of_one(self.accumulator.value)


def _scalar_of_one(x: Array) -> Array:
    return x[0] if x.shape[0] == 1 else x


class TruePositives(_Count):
    """How many predictions above the threshold are right.

    Args:
        thresholds: A number from 0 to 1, or several; by default 0.5.

    Example:
        >>> float(TruePositives()([0, 1, 1, 1], [1, 0, 1, 1]))
        2.0
    """

    kind = "true_positives"


class FalsePositives(_Count):
    """How many predictions above the threshold are wrong. Arguments: see `TruePositives`."""

    kind = "false_positives"


class TrueNegatives(_Count):
    """How many predictions not above the threshold are right. Arguments: see `TruePositives`."""

    kind = "true_negatives"


class FalseNegatives(_Count):
    """How many predictions not above the threshold are wrong. Arguments: see `TruePositives`."""

    kind = "false_negatives"


class _Ratio(Metric):
    """`true_positives / (true_positives + missing)`, where `missing` is one of `KINDS`."""

    weights_rows = True
    _direction = "up"
    missing = ""

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        self.thresholds = thresholds
        self.top_k = top_k
        self.class_id = class_id
        self._levels = checked_thresholds(thresholds, 0.5 if top_k is None else NEVER)
        self._sums = {kind: self.add_sum((len(self._levels),), kind) for kind in ("true_positives", self.missing)}

    @property
    def true_positives(self) -> Variable:
        """The number at each threshold."""
        return self._sums["true_positives"]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count in a batch."""
        pairs = binary_pairs(self, y_true, y_pred, sample_weight, self.top_k, self.class_id)
        counts = count_at(self._levels, *pairs)
        for kind, variable in self._sums.items():
            self.accumulate(variable, counts[kind])

    def result(self) -> Array:
        """The ratio at each threshold; a scalar if there is one."""
        right, missing = (variable.value for variable in self._sums.values())
        return _scalar_of_one(divide_no_nan(right, right + missing))


class Precision(_Ratio):
    """The fraction of positive predictions that are right: `tp / (tp + fp)`.

    Args:
        thresholds: Above which a prediction is positive: a number from 0 to 1, or several; by default 0.5.
        top_k: Only the `top_k` greatest predictions of a sample can be positive; by default at any score.
        class_id: Only this class counts.

    Example:
        >>> round(float(Precision()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
        0.6667
    """

    missing = "false_positives"

    @property
    def false_positives(self) -> Variable:
        """The number at each threshold."""
        return self._sums["false_positives"]


class Recall(_Ratio):
    """The fraction of positive targets that are found: `tp / (tp + fn)`. Arguments: see `Precision`.

    Example:
        >>> round(float(Recall()([0, 1, 1, 1], [1, 0, 1, 1])), 4)
        0.6667
    """

    missing = "false_negatives"

    @property
    def false_negatives(self) -> Variable:
        """The number at each threshold."""
        return self._sums["false_negatives"]
