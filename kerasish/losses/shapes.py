"""Shapes of targets, predictions, weights and masks: what fits together, and errors for what does not."""

from __future__ import annotations

from typing import Any

from kerasish.backend.interface import Array, Shape

ELEMENTWISE = "elementwise"
"""Targets like predictions; each element has a loss of its own, averaged over the last axis."""
SAME = "same"
"""Targets like predictions; the last axis is one thing, such as a distribution."""
SPARSE = "sparse"
"""Targets are class numbers: the predictions' shape without the class axis."""


def squeeze_to_pair(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Both of the same rank, where they differ only by a last axis of size 1.

    `(batch,)` becomes `(batch, 1)` beside a `(batch, 1)`; of higher ranks the one with the extra axis loses it.
    """
    true_shape, pred_shape = tuple(y_true.shape), tuple(y_pred.shape)
    if abs(len(true_shape) - len(pred_shape)) != 1:
        return y_true, y_pred
    if len(true_shape) > len(pred_shape):
        if true_shape[-1] == 1 and len(pred_shape) == 1:
            return y_true, y_pred[:, None]
        return (y_true[..., 0] if true_shape[-1] == 1 else y_true), y_pred
    if pred_shape[-1] == 1 and len(true_shape) == 1:
        return y_true[:, None], y_pred
    return y_true, (y_pred[..., 0] if pred_shape[-1] == 1 else y_pred)


def squeeze_labels(y_true: Any, y_pred: Any) -> Any:
    """Class numbers without their last axis of size 1, where the predictions have no axis for it."""
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        return y_true[..., 0]
    return y_true


def check_pair(rule: str | None, y_true: Any, y_pred: Any, owner: str, axis: Any = -1) -> None:
    """Raise if targets and predictions would only fit by accident.

    Raises:
        ValueError: the shapes differ, after `squeeze_to_pair` or `squeeze_labels`.
    """
    if rule is None:
        return
    true_shape, pred_shape = tuple(y_true.shape), tuple(y_pred.shape)
    expected = without_axis(pred_shape, axis) if rule == SPARSE else pred_shape
    if _fits(true_shape, expected):
        return
    raise ValueError(
        f"{owner}: y_true has the shape {true_shape}, y_pred {pred_shape}; y_true should have the shape {expected}."
        + _hint(rule, true_shape, pred_shape, axis)
    )


def _fits(shape: Shape, expected: Shape) -> bool:
    return len(shape) == len(expected) and all(
        a == b or a is None or b is None for a, b in zip(shape, expected, strict=True)
    )


def _hint(rule: str, true_shape: Shape, pred_shape: Shape, axis: Any) -> str:
    if rule == SPARSE and true_shape == pred_shape:
        return " The targets look one-hot: use categorical_crossentropy, or give class numbers (argmax of y_true)."
    if rule == SAME and pred_shape and len(pred_shape) > 1:
        labels = without_axis(pred_shape, axis)
        if true_shape in (labels, (*labels, 1)):
            return (
                " The targets look like class numbers: use sparse_categorical_crossentropy, or make them one-hot with "
                "keras.utils.to_categorical(y_true)."
            )
    return " They would be broadcast, which compares values that don't belong together; reshape one of them."


def without_axis(shape: Shape, axis: Any) -> Shape:
    """`shape` without the axis (or axes; None: all of them)."""
    if axis is None or not shape:
        return ()
    dropped = {a % len(shape) for a in ((axis,) if isinstance(axis, int) else axis)}
    return tuple(size for index, size in enumerate(shape) if index not in dropped)


def align(x: Array, shape: Shape, what: str, owner: str) -> Array:
    """`x`, of weights or a mask, with axes of size 1 at the end, so that its axes are the first ones of `shape`.

    Raises:
        ValueError: its axes are not the first ones of `shape`.
    """
    given = tuple(x.shape)
    sizes = given
    while len(sizes) > len(shape) and sizes[-1] == 1:
        sizes = sizes[:-1]
    if len(sizes) > len(shape) or any(a not in (1, b) for a, b in zip(sizes, shape, strict=False)):
        raise ValueError(
            f"{owner}: {what} has the shape {given}, which does not fit the values to be weighted, of shape {shape}. "
            f"Give one weight per sample, of shape {tuple(shape[:1])}, or one per value."
        )
    return x.reshape(sizes + (1,) * (len(shape) - len(sizes)))
