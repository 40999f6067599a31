"""A batch as a metric sees it: targets and predictions that fit, and one weight for each, made of weights and mask."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import is_float_dtype
from kerasish.losses import shapes
from kerasish.losses.masking import counting, mask_of, neutralized


def fitted(
    y_true: Any, y_pred: Any, sample_weight: Any, rule: str, owner: str, dtype: str, axis: Any = -1
) -> tuple[Array, Array, Array | None]:
    """Targets and predictions as arrays whose shapes fit, and the weights, 0 where the predictions are masked.

    Where the weight is 0 they hold harmless numbers. A `(batch,)` of predictions is taken as one number per sample.
    """
    mask = mask_of(y_pred)
    y_true, y_pred = number(y_true, dtype), number(y_pred, dtype)
    if rule == shapes.SPARSE:
        y_true = shapes.squeeze_labels(y_true, y_pred)
    else:
        y_true, y_pred = shapes.squeeze_to_pair(y_true, y_pred)
    shapes.check_pair(rule, y_true, y_pred, owner, axis)
    if rule == shapes.ELEMENTWISE and y_pred.ndim == 1:
        y_true, y_pred = y_true[:, None], y_pred[:, None]
    weight = weights(sample_weight, mask, dtype)
    if weight is not None and weight.ndim:
        y_true, y_pred = neutralized(y_true, y_pred, weight != 0, rule, axis)
    return y_true, y_pred, weight


def weights(sample_weight: Any, mask: Array | None, dtype: str) -> Array | None:
    """The weights, 0 where the mask does not hold; None if there are neither."""
    dtype = dtype if is_float_dtype(dtype) else "float32"
    weight = None if sample_weight is None else engine.asarray(sample_weight, dtype)
    if mask is None:
        return weight
    if weight is None:
        return mask.astype(dtype)
    if weight.ndim == 0:
        return xp.where(mask, weight, xp.zeros_like(weight))
    counts = counting(mask, weight)
    return xp.where(counts, weight.reshape(tuple(weight.shape) + (1,) * (counts.ndim - weight.ndim)), 0.0)


def number(x: Any, dtype: str) -> Array:
    """`x` as an array; floats in `dtype`, if that is one, and booleans and integers as they are."""
    x = engine.asarray(x)
    return x.astype(dtype) if is_float_dtype(x.dtype) and is_float_dtype(dtype) else x


def weighted_sums(values: Array, weight: Array | None, owner: str) -> tuple[Array, Array]:
    """The weighted sum of the values, and the sum of the weights: of each sample, the mean over its other axes."""
    if weight is not None and weight.ndim:
        weight = shapes.align(weight, values.shape, "sample_weight", owner)
        values = xp.where(weight != 0, values, xp.zeros_like(values)) * weight
    elif weight is not None and values.ndim:
        values, weight = xp.mean(values) * weight, weight
        return values, weight
    elif weight is not None:
        return values * weight, weight
    per_sample = _size(values.shape[1:])
    total = xp.sum(values) / per_sample
    if weight is None:
        return total, xp.asarray(values.shape[0] if values.ndim else 1, dtype=values.dtype)
    return total, xp.sum(xp.broadcast_to(weight, values.shape)) / per_sample


def elementwise(weight: Array | None, values: Array, owner: str) -> Array:
    """The weight of each element of `values`."""
    if weight is None:
        return xp.ones(values.shape, "float32")
    return xp.broadcast_to(shapes.align(weight, values.shape, "sample_weight", owner), values.shape)


def _size(sizes: Any) -> float:
    product = 1
    for size in sizes:
        product *= size
    return float(max(product, 1))
