"""Intersection over union of classes, from a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kerasish.backend import engine, epsilon, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import is_float_dtype
from kerasish.losses.masking import mask_of
from kerasish.losses.shapes import align
from kerasish.metrics.batch import weights
from kerasish.metrics.metric import Metric


class _ConfusionMatrix(Metric):
    """How often class `i` was taken for class `j`. Weights are cast to the dtype: for fractions choose a float."""

    weights_rows = True
    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__("int32" if dtype is None else dtype, name)
        self.num_classes = num_classes
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_confusion_matrix = self.add_sum((num_classes, num_classes), "total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count in a batch. Elements whose target or prediction is no class are left out."""
        weight = weights(sample_weight, mask_of(y_pred), self.dtype)
        y_true, y_pred = engine.asarray(y_true), engine.asarray(y_pred)
        y_true = y_true if self.sparse_y_true else xp.argmax(y_true, axis=self.axis)
        y_pred = y_pred if self.sparse_y_pred else xp.argmax(y_pred, axis=self.axis)
        self._count(y_true, y_pred, weight)

    def _count(self, y_true: Array, y_pred: Array, weight: Array | None) -> None:
        if y_true.size != y_pred.size:
            raise ValueError(
                f"{self.name}: targets have the shape {tuple(y_true.shape)} and predictions {tuple(y_pred.shape)}; "
                "there must be as many of the one as of the other."
            )
        shape = y_pred.shape
        row, column = y_true.reshape(-1).astype("int32"), y_pred.reshape(-1).astype("int32")
        amount = xp.ones(shape, self.dtype)
        if weight is not None:
            amount = xp.broadcast_to(align(weight, shape, "sample_weight", self.name), shape).astype(self.dtype)
        known = (row >= 0) & (row < self.num_classes) & (column >= 0) & (column < self.num_classes)
        if self.ignore_class is not None:
            known = known & (row != self.ignore_class)
        size = self.num_classes**2
        segment = xp.where(known, row * self.num_classes + column, size)
        counts = engine.segment_sum(amount.reshape(-1), segment, size + 1)[:size]
        self.accumulate(self.total_confusion_matrix, counts.reshape(self.num_classes, self.num_classes))

    def _mean_over(self, class_ids: Sequence[int]) -> Array:
        matrix = self.total_confusion_matrix.value
        matrix = matrix if is_float_dtype(matrix.dtype) else matrix.astype("float32")
        hits = xp.diagonal(matrix)
        union = xp.sum(matrix, axis=0) + xp.sum(matrix, axis=1) - hits
        chosen = xp.asarray(list(class_ids), dtype="int32")
        hits, union = hits[chosen], union[chosen]
        seen = union > 0
        number = xp.sum(seen.astype(matrix.dtype))
        ratio = xp.where(seen, hits / (union + epsilon()), xp.zeros_like(hits))
        return xp.where(number > 0, xp.sum(ratio) / xp.maximum(number, xp.ones_like(number)), xp.zeros_like(number))


class IoU(_ConfusionMatrix):
    """`both / (either)` of each class of `target_class_ids`, averaged over those that occur.

    Args:
        num_classes: How many classes there are.
        target_class_ids: The classes of interest.
        name: Shown in the logs.
        dtype: Of the counts; by default `int32`.
        ignore_class: Elements of which this is the target are left out.
        sparse_y_true: Whether targets are class numbers; else the greatest along `axis` is taken.
        sparse_y_pred: The same, of predictions.
        axis: The axis of the classes.

    Example:
        >>> round(float(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)
        wrong = [i for i in target_class_ids if not 0 <= i < num_classes]
        if wrong:
            raise ValueError(f"{self.name}: target_class_ids must be from 0 to {num_classes - 1}; got {wrong[0]}.")
        self.target_class_ids = [int(i) for i in target_class_ids]

    def result(self) -> Array:
        """The mean of the classes' ratios."""
        return self._mean_over(self.target_class_ids)


class BinaryIoU(IoU):
    """`IoU` of two classes: 1 where the prediction is at least `threshold`, 0 elsewhere."""

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count in a batch."""
        weight = weights(sample_weight, mask_of(y_pred), self.dtype)
        self._count(engine.asarray(y_true), engine.asarray(y_pred) >= self.threshold, weight)


class MeanIoU(_ConfusionMatrix):
    """`IoU` of all classes. Arguments: see `IoU`.

    Example:
        >>> round(float(MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    def result(self) -> Array:
        """The mean of the classes' ratios."""
        return self._mean_over(range(self.num_classes))


class OneHotIoU(IoU):
    """`IoU` of one-hot targets, and of predictions with a score per class. Arguments: see `IoU`."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot targets, and of predictions with a score per class. Arguments: see `IoU`."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
