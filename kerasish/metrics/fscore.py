"""F scores: precision and recall in one number."""

from __future__ import annotations

from typing import Any

from kerasish.backend import epsilon, xp
from kerasish.backend.interface import Array
from kerasish.losses.shapes import SAME
from kerasish.metrics.batch import elementwise, fitted
from kerasish.metrics.metric import Metric

AVERAGES = (None, "micro", "macro", "weighted")
NOTHING = 1e-9
"""A greatest prediction up to this says that there is no class."""


class FBetaScore(Metric):
    """`(1 + beta²) precision recall / (beta² precision + recall)`, for each class.

    Args:
        average: None: one number per class. `"micro"`: of all classes' counts together. `"macro"`: the mean of the
            classes' scores. `"weighted"`: their mean, weighted by how often they are targets.
        beta: How much more recall matters than precision.
        threshold: Above which a prediction is positive; by default the greatest of a sample is, and no other.
        name: Shown in the logs.
        dtype: See `Metric`.

    Shapes:
        y_true, y_pred: `(batch, classes)`.
        sample_weight: `(batch,)`, `(batch, 1)`, or that of the predictions.

    Example:
        >>> metric = FBetaScore("micro", threshold=0.5)
        >>> round(float(metric([[1, 1, 1], [1, 0, 0]], [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6]])), 4)
        0.5
    """

    weights_rows = True
    _direction = "up"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = "fbeta_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        if average not in AVERAGES:
            raise ValueError(f"{self.name}: average must be None, 'micro', 'macro' or 'weighted'; got {average!r}.")
        if not isinstance(beta, float) or beta <= 0:
            raise ValueError(f"{self.name}: beta must be a float above 0; got {beta!r}.")
        if threshold is not None and not (isinstance(threshold, float) and 0 < threshold <= 1):
            raise ValueError(f"{self.name}: threshold must be a float above 0 and at most 1; got {threshold!r}.")
        self.average = average
        self.beta = beta
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count in a batch."""
        y_true, y_pred, weight = fitted(y_true, y_pred, sample_weight, SAME, self.name, self.dtype)
        if y_pred.ndim != 2:
            raise ValueError(f"{self.name}: predictions have the shape (batch, classes); got {tuple(y_pred.shape)}.")
        if not self._own:
            self._make_sums((y_pred.shape[-1],))
        weight = elementwise(weight, y_pred, self.name).astype(self.dtype)
        truth = y_true.astype(self.dtype)
        said = self._positive(y_pred).astype(self.dtype)
        axis = None if self.average == "micro" else 0
        self.accumulate(self.true_positives, xp.sum(said * truth * weight, axis=axis))
        self.accumulate(self.false_positives, xp.sum(said * (1 - truth) * weight, axis=axis))
        self.accumulate(self.false_negatives, xp.sum((1 - said) * truth * weight, axis=axis))
        self.accumulate(self.intermediate_weights, xp.sum(truth * weight, axis=axis))

    def _make_sums(self, shape: tuple[int, ...]) -> None:
        shape = () if self.average == "micro" else shape
        self.true_positives = self.add_sum(shape, "true_positives")
        self.false_positives = self.add_sum(shape, "false_positives")
        self.false_negatives = self.add_sum(shape, "false_negatives")
        self.intermediate_weights = self.add_sum(shape, "intermediate_weights")

    def _positive(self, y_pred: Array) -> Array:
        if self.threshold is not None:
            return y_pred > self.threshold
        return (y_pred >= xp.max(y_pred, axis=-1, keepdims=True)) & (xp.abs(y_pred) > NOTHING)

    def result(self) -> Array:
        """The score, or one for each class."""
        if not self._own:
            return xp.zeros((), self.dtype)
        right = self.true_positives.value
        precision = right / (right + self.false_positives.value + epsilon())
        recall = right / (right + self.false_negatives.value + epsilon())
        square = self.beta**2
        score = (1 + square) * precision * recall / (square * precision + recall + epsilon())
        if self.average == "weighted":
            share = self.intermediate_weights.value
            return xp.sum(score * share / (xp.sum(share) + epsilon()))
        return xp.mean(score) if self.average == "macro" else score


class F1Score(FBetaScore):
    """`FBetaScore` with `beta` 1: the harmonic mean of precision and recall."""

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str | None = "f1_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)
