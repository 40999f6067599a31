"""How much of the targets' variance the predictions explain."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.losses.shapes import SAME
from kerasish.metrics.batch import elementwise, fitted
from kerasish.metrics.metric import Metric
from kerasish.metrics.reduction import divide_no_nan

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """`1 - sum((y_true - y_pred)²) / sum((y_true - mean)²)`, for each output.

    Where the targets are all the same, it is 1 if they were predicted exactly (Keras: NaN), and 0 else.

    Args:
        class_aggregation: `"uniform_average"`: the mean over the outputs. `"variance_weighted_average"`: the mean,
            weighted by the targets' variance. None: one number per output.
        num_regressors: How many numbers the model was fitted with, if the score is to be adjusted for that; 0: not.
        name: Shown in the logs.
        dtype: See `Metric`.

    Shapes:
        y_true, y_pred: `(batch, outputs)`.

    Example:
        >>> round(float(R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])), 4)
        0.5714
    """

    weights_rows = True
    _direction = "up"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: Any = None,
    ) -> None:
        super().__init__(dtype, name)
        if class_aggregation not in AGGREGATIONS:
            raise ValueError(
                f"{self.name}: class_aggregation must be one of {', '.join(map(repr, AGGREGATIONS))}; "
                f"got {class_aggregation!r}."
            )
        if num_regressors < 0:
            raise ValueError(f"{self.name}: num_regressors must be at least 0; got {num_regressors!r}.")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_sum(name="num_samples")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in a batch."""
        y_true, y_pred, weight = fitted(y_true, y_pred, sample_weight, SAME, self.name, self.dtype)
        if y_pred.ndim != 2:
            raise ValueError(f"{self.name}: predictions have the shape (batch, outputs); got {tuple(y_pred.shape)}.")
        if len(self._own) == 1:
            self._make_sums((y_pred.shape[-1],))
        y_true, y_pred = y_true.astype(self.dtype), y_pred.astype(self.dtype)
        weight = elementwise(weight, y_pred, self.name).astype(self.dtype)
        self.accumulate(self.squared_sum, xp.sum(weight * xp.square(y_true), axis=0))
        self.accumulate(self.sum, xp.sum(weight * y_true, axis=0))
        self.accumulate(self.total_mse, xp.sum(weight * xp.square(y_true - y_pred), axis=0))
        self.accumulate(self.count, xp.sum(weight, axis=0))
        self.accumulate(self.num_samples, xp.sum((weight != 0).astype(self.dtype)))

    def _make_sums(self, shape: tuple[int, ...]) -> None:
        self.squared_sum = self.add_sum(shape, "squared_sum")
        self.sum = self.add_sum(shape, "sum")
        self.total_mse = self.add_sum(shape, "residual")
        self.count = self.add_sum(shape, "count")

    def result(self) -> Array:
        """The score."""
        if len(self._own) == 1:
            return xp.zeros((), self.dtype)
        mean = divide_no_nan(self.sum.value, self.count.value)
        total = self.squared_sum.value - self.sum.value * mean
        missed = self.total_mse.value
        constant = xp.where(missed == 0, xp.ones_like(total), xp.zeros_like(total))
        score = xp.where(total == 0, constant, 1 - divide_no_nan(missed, total))
        if self.class_aggregation == "uniform_average":
            score = xp.mean(score)
        elif self.class_aggregation == "variance_weighted_average":
            score = divide_no_nan(xp.sum(score * total), xp.sum(total))
        return self._adjusted(score) if self.num_regressors else score

    def _adjusted(self, score: Array) -> Array:
        number = self.num_samples.value
        free = number - self.num_regressors - 1
        adjusted = 1 - divide_no_nan((1 - score) * (number - 1), free)
        return xp.where(free <= 0, score, adjusted)
