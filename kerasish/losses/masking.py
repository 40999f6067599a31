"""Masks and weights: what counts, what must not be looked at, and the sum of the rest."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Tree
from kerasish.core import tree
from kerasish.core.context import masks
from kerasish.losses.shapes import SPARSE, align


def mask_of(y_pred: Tree) -> Array | None:
    """The mask of the predictions; of several of them, the first that there is."""
    found = [mask for mask in map(masks.get, tree.leaves(y_pred)) if mask is not None]
    return engine.asarray(found[0], "bool") if found else None


def counting(mask: Array | None, weight: Array | None) -> Any:
    """Where a value counts: the mask holds, and the weight is not 0. None: everywhere, or one weight for all."""
    if weight is None or weight.ndim == 0:
        return mask
    return both(mask, weight != 0)


def both(mask: Array | None, counts: Array) -> Array:
    """Where both hold; the one of lower rank is extended at the end."""
    if mask is None:
        return counts
    ndim = max(mask.ndim, counts.ndim)
    return _of_rank(mask, ndim) & _of_rank(counts, ndim)


def _of_rank(x: Array, ndim: int) -> Array:
    return x.reshape(tuple(x.shape) + (1,) * (ndim - x.ndim))


def neutralized(
    y_true: Tree, y_pred: Array, counts: Array, rule: str | None, axis: Any = -1, neutral: float = 0.5
) -> tuple[Tree, Array]:
    """Harmless numbers where nothing counts: a gradient through what is masked later would be NaN * 0."""
    where = _extended(counts, y_pred, axis)
    if where is None:
        return y_true, y_pred
    y_pred = xp.where(where, y_pred, xp.asarray(neutral, y_pred.dtype))
    if not tree.is_nested(y_true):
        where = _extended(counts, y_true, y_true.ndim if rule == SPARSE else axis)
        if where is not None:
            y_true = xp.where(where, y_true, xp.asarray(0, y_true.dtype))
    return y_true, y_pred


def _extended(counts: Array, x: Array, axis: Any) -> Array | None:
    """`counts` with axes of size 1 for those of `x` that it lacks: `axis`, and the last ones. None: it does not fit."""
    while counts.ndim > x.ndim and counts.shape[-1] == 1:
        counts = counts[..., 0]
    removed = axis % x.ndim if isinstance(axis, int) and -x.ndim <= axis < x.ndim else x.ndim
    if removed < counts.ndim < x.ndim:
        counts = xp.expand_dims(counts, removed)
    fits = counts.ndim <= x.ndim and all(a in (1, b) for a, b in zip(counts.shape, x.shape, strict=False))
    return _of_rank(counts, x.ndim) if fits else None


def reduced(values: Array, weight: Array | None, mask: Array | None, reduction: str | None, owner: str) -> Array:
    """One number of the values of the samples, as `Loss` says."""
    if values.ndim == 0 and weight is not None and weight.ndim > 0:
        values = xp.broadcast_to(values, weight.shape)
    if weight is not None:
        weight = align(weight, values.shape, "sample_weight", owner)
    if mask is not None:
        mask = align(mask, values.shape, "the mask", owner) if values.ndim else xp.any(mask)
    counts = counting(mask, weight)
    if counts is not None:
        values = xp.where(counts, values, xp.zeros_like(values))
    weighted = values if weight is None else values * weight
    if reduction in (None, "none"):
        return weighted
    total = xp.sum(weighted)
    if reduction == "sum":
        return total
    return _quotient(total, _divisor(values, weight, mask, reduction))


def _divisor(values: Array, weight: Array | None, mask: Array | None, reduction: str | None) -> Any:
    if reduction != "mean_with_sample_weight" or weight is None:
        if mask is None:
            return float(values.size)
        return xp.sum(xp.broadcast_to(mask, values.shape).astype(values.dtype))
    used = weight if mask is None else xp.where(mask, weight, xp.zeros_like(weight))
    return xp.sum(xp.broadcast_to(used, values.shape))


def _quotient(total: Array, divisor: Any) -> Array:
    """0 where there is nothing to divide by."""
    if isinstance(divisor, float):
        return total / divisor if divisor else xp.zeros_like(total)
    return xp.where(divisor == 0, xp.zeros_like(total), total / xp.where(divisor == 0, xp.ones_like(divisor), divisor))
