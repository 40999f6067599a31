"""The best point of a curve: the greatest value of one rate where another is at least so much."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.metrics.confusion import binary_pairs
from kerasish.metrics.curve import CountsAtThresholds, counts_by_bucket


class _BestPoint(CountsAtThresholds):
    """The greatest value of one rate, among the thresholds at which another is at least so much."""

    wanted = ""
    bounded = ""

    def __init__(self, bound: float, num_thresholds: int, class_id: int | None, name: Any, dtype: Any) -> None:
        super().__init__(dtype, name)
        if not 0 <= bound <= 1:
            raise ValueError(f"{self.name}: the {self.bounded} must be from 0 to 1; got {bound!r}.")
        if num_thresholds < 1:
            raise ValueError(f"{self.name}: num_thresholds must be an integer above 0; got {num_thresholds!r}.")
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        self.thresholds = [0.5] if num_thresholds == 1 else [0.0, *inner, 1.0]
        self._bound = bound
        self._make_sums((num_thresholds,))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count in a batch."""
        pairs = binary_pairs(self, y_true, y_pred, sample_weight, class_id=self.class_id)
        self._add(counts_by_bucket(self.thresholds, *pairs))

    def result(self) -> Array:
        """The rate; 0 if the other is nowhere as great as demanded."""
        rates = self._rates()
        allowed = rates[self.bounded] >= self._bound
        return xp.max(xp.where(allowed, rates[self.wanted], xp.zeros_like(rates[self.wanted])))


class SensitivityAtSpecificity(_BestPoint):
    """The greatest sensitivity among the thresholds at which the specificity is at least `specificity`.

    Args:
        specificity: A fraction.
        num_thresholds: How many thresholds are tried, evenly from 0 to 1.
        class_id: Only this class counts.

    Example:
        >>> round(float(SensitivityAtSpecificity(0.5)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])), 4)
        1.0
    """

    wanted = "recall"
    bounded = "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity


class SpecificityAtSensitivity(_BestPoint):
    """The greatest specificity among the thresholds at which the sensitivity is at least `sensitivity`.

    Args:
        sensitivity: A fraction.
        num_thresholds: How many thresholds are tried, evenly from 0 to 1.
        class_id: Only this class counts.

    Example:
        >>> round(float(SpecificityAtSensitivity(0.5)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])), 4)
        1.0
    """

    wanted = "specificity"
    bounded = "recall"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity


class PrecisionAtRecall(_BestPoint):
    """The greatest precision among the thresholds at which the recall is at least `recall`.

    Args:
        recall: A fraction.
        num_thresholds: How many thresholds are tried, evenly from 0 to 1.
        class_id: Only this class counts.

    Example:
        >>> round(float(PrecisionAtRecall(0.5)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])), 4)
        1.0
    """

    wanted = "precision"
    bounded = "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall


class RecallAtPrecision(_BestPoint):
    """The greatest recall among the thresholds at which the precision is at least `precision`.

    Args:
        precision: A fraction.
        num_thresholds: How many thresholds are tried, evenly from 0 to 1.
        class_id: Only this class counts.

    Example:
        >>> round(float(RecallAtPrecision(0.5)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])), 4)
        1.0
    """

    wanted = "recall"
    bounded = "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision
