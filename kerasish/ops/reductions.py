"""Sums, means, extremes: what takes away axes; and running sums."""

from __future__ import annotations

import functools
from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical
from kerasish.core.op import op
from kerasish.ops.comparison import as_bool
from kerasish.ops.promotion import HALVES, INEXACT, as_dtype, as_float, integral, promoted, tensor

Axis = Any
SUM_TYPES = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}
"""Small integers are added up in 32 bits."""


HALF = ("float16", "bfloat16")


def axes_of(axis: Axis) -> Any:
    """`axis` as NumPy takes it: a list becomes a tuple."""
    return tuple(axis) if isinstance(axis, list) else axis


def _in_float32(fn: Any, x: Array, axis: Axis, keepdims: bool) -> Array:
    """`fn(x)`, which is computed in 32 bits for an `x` of 16."""
    x = as_float(x)
    if x.dtype not in HALVES:
        return as_dtype(fn(x, axis=axes_of(axis), keepdims=keepdims), x.dtype)
    return as_dtype(fn(x.astype("float32"), axis=axes_of(axis), keepdims=keepdims), x.dtype)


@op
def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The sum over `axis`, which may be several; None: over all. Small integers are added up in 32 bits."""
    x = tensor(x)
    if x.dtype in INEXACT:
        return as_dtype(xp.sum(x, axis=axes_of(axis), keepdims=keepdims), x.dtype)
    kind = canonical(SUM_TYPES.get(str(x.dtype), x.dtype))
    return xp.sum(x, axis=axes_of(axis), keepdims=keepdims, dtype=kind)


@op
def prod(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Array:
    """The product over `axis`, which may be several; None: over all."""
    x = tensor(x)
    kind = canonical(dtype or SUM_TYPES.get(str(x.dtype), x.dtype))
    return xp.prod(x, axis=axes_of(axis), keepdims=keepdims, dtype=kind)


@op
def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean over `axis`, which may be several; None: over all.

    Example:
        >>> float(mean([1, 2, 4, 5]))
        3.0
    """
    return _in_float32(xp.mean, x, axis, keepdims)


@op
def var(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean squared distance from the mean, over `axis`."""
    return _in_float32(xp.var, x, axis, keepdims)


@op
def std(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The square root of `var`."""
    return _in_float32(xp.std, x, axis, keepdims)


@op
def median(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The middle value over `axis`; the mean of the two in the middle, if they are even in number."""
    return _in_float32(xp.median, x, axis, keepdims)


@op
def average(x: Any, axis: Axis = None, weights: Any = None) -> Array:
    """The mean over `axis`, in which each element counts by its weight.

    Args:
        weights: Of the shape of `x`, or a vector along `axis`; None: all the same.
    """
    if weights is None:
        return mean(x, axis)
    x, weights = promoted(x, weights, floating=True)
    if weights.shape != x.shape:
        if weights.ndim != 1 or not isinstance(axis, int):
            raise ValueError(
                f"The weights of an average have the shape of x, {tuple(x.shape)}, or are a vector along one axis; "
                f"got the shape {tuple(weights.shape)} and axis={axis}."
            )
        weights = xp.reshape(weights, [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    weights = xp.broadcast_to(weights, x.shape)
    return xp.sum(x * weights, axis=axes_of(axis)) / xp.sum(weights, axis=axes_of(axis))


def _extreme(fn: Any, x: Any, axis: Axis, keepdims: bool, initial: Any) -> Array:
    x = tensor(x)
    if initial is None:
        return fn(x, axis=axes_of(axis), keepdims=keepdims)
    return fn(x, axis=axes_of(axis), keepdims=keepdims, initial=as_dtype(initial, x.dtype))


@op
def max(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Array:
    """The greatest element over `axis`, but not below `initial`."""
    return _extreme(xp.max, x, axis, keepdims, initial)


@op
def min(x: Any, axis: Axis = None, keepdims: bool = False, initial: Any = None) -> Array:
    """The least element over `axis`, but not above `initial`."""
    return _extreme(xp.min, x, axis, keepdims, initial)


@op
def amax(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The greatest element over `axis`."""
    return xp.max(tensor(x), axis=axes_of(axis), keepdims=keepdims)


@op
def amin(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The least element over `axis`."""
    return xp.min(tensor(x), axis=axes_of(axis), keepdims=keepdims)


@op
def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """Whether all elements over `axis` are true."""
    return xp.all(as_bool(x), axis=axes_of(axis), keepdims=keepdims)


@op
def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """Whether one element over `axis`, or more, is true."""
    return xp.any(as_bool(x), axis=axes_of(axis), keepdims=keepdims)


@op
def argmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the greatest element along `axis`, the first if there are several; None: in the flat array."""
    return as_dtype(xp.argmax(tensor(x), axis=axis, keepdims=keepdims), "int32")


@op
def argmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the least element along `axis`, the first if there are several; None: in the flat array."""
    return as_dtype(xp.argmin(tensor(x), axis=axis, keepdims=keepdims), "int32")


@op
def count_nonzero(x: Any, axis: Axis = None) -> Array:
    """How many elements over `axis` differ from 0."""
    return xp.sum(as_bool(x), axis=axes_of(axis), dtype="int32")


@op
def cumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Array:
    """At each place, the sum of the elements up to it along `axis`; None: of the flat array."""
    x = integral(tensor(x))
    return xp.cumsum(x, axis=axis, dtype=canonical(dtype or x.dtype))


@op
def cumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Array:
    """At each place, the product of the elements up to it along `axis`; None: of the flat array."""
    x = integral(tensor(x))
    return xp.cumprod(x, axis=axis, dtype=canonical(dtype or x.dtype))


@op
def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """`log(sum(exp(x)))` over `axis`, without overflow."""
    return engine.logsumexp(as_float(x), axis=axes_of(axis), keepdims=keepdims)


@op
def norm(x: Any, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Array:
    """The length of vectors along one axis, or the norm of matrices in two; None: of all elements as a vector.

    Args:
        ord: Which norm, as NumPy numbers them: 1, 2, `inf`, `"fro"`, `"nuc"` …
    """
    return _in_float32(functools.partial(xp.linalg.norm, ord=ord), x, axis, keepdims)


__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "logsumexp",
    "max",
    "mean",
    "median",
    "min",
    "norm",
    "prod",
    "std",
    "sum",
    "var",
]
