"""Connectionist temporal classification: sequences of labels whose places in time are not known."""

from __future__ import annotations

from typing import Any

from kerasish import ops
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.losses.loss import Loss
from kerasish.losses.masking import counting, mask_of, reduced

BLANK = 0


def ctc(y_true: Any, y_pred: Any) -> Array:
    """`-log(p)`, where `p` is the probability that the predictions of all steps spell the target.

    A sequence of classes, one a step, spells what is left when repetitions are merged and 0, the blank, is dropped.

    Args:
        y_true: Labels from 1; after the last one 0.
        y_pred: Logits. (Probabilities' logarithms are logits too.)

    Shapes:
        y_true: `(batch, labels)`.
        y_pred: `(batch, time, classes)`.
        returns: `(batch,)`.

    Raises:
        ValueError: shapes don't fit.

    Example:
        >>> import numpy as np
        >>> round(float(ctc([[1, 0]], np.zeros((1, 2, 3), "float32"))[0]), 4)  # 1 1, 1 _ and _ 1 of 9 sequences
        1.0986

    Source: Graves et al., 2006, https://doi.org/10.1145/1143844.1143891
    """
    labels, logits = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    _check(labels, logits)
    return _ctc(labels, logits, ops.full((logits.shape[0],), logits.shape[1], dtype="int32"))


def _ctc(labels: Any, logits: Any, steps: Any) -> Array:
    labels = ops.cast(labels, "int32")
    length = ops.sum(ops.cast(labels != BLANK, "int32"), axis=1)
    return ops.ctc_loss(labels, logits, length, steps, mask_index=BLANK)


def _check(labels: Any, logits: Any) -> None:
    shapes = tuple(labels.shape), tuple(logits.shape)
    if len(shapes[0]) != 2 or len(shapes[1]) != 3 or shapes[0][0] != shapes[1][0]:
        raise ValueError(
            f"ctc takes labels `(batch, labels)` and logits `(batch, time, classes)`; got the shapes {shapes[0]} and "
            f"{shapes[1]}."
        )


class CTC(Loss):
    """`ctc`, as a loss. See there for the arguments, and `Loss` for weights and masks.

    A mask of the predictions may have an axis of time: steps that are masked, at the end, are not read. (Keras reads
    them.)
    """

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "ctc", dtype: Any = None
    ) -> None:
        super().__init__(name, reduction, dtype)

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Array:
        mask = mask_of(y_pred)
        labels, logits = engine.asarray(y_true), engine.asarray(y_pred, self.dtype)
        _check(labels, logits)
        weight = None if sample_weight is None else engine.asarray(sample_weight, self.dtype)
        read = xp.ones(logits.shape[:2], dtype="bool")
        if mask is not None:
            read = read & (mask if mask.ndim == 2 else mask[:, None])
            mask = xp.any(mask, axis=1) if mask.ndim == 2 else mask
        counts = counting(mask, weight)
        if counts is not None:
            counts = counts.reshape((len(counts), -1))[:, :1]  # of a weight `(batch, 1)` too
            labels = xp.where(counts, labels, xp.zeros_like(labels))
            read = read & counts
        logits = xp.where(read[:, :, None], logits, xp.zeros_like(logits))
        steps = xp.sum(read.astype("int32"), axis=1, dtype="int32")
        values = engine.asarray(_ctc(labels, logits, steps), self.dtype)
        return reduced(values, weight, mask, self.reduction, self.name)

    def call(self, y_true: Any, y_pred: Any) -> Array:
        """The loss of each sample."""
        return ctc(y_true, y_pred)
