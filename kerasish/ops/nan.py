"""Reductions that leave out NaN."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, as_float, is_inexact, tensor
from kerasish.ops.reductions import Axis, axes_of, cumprod, cumsum, prod, sum

HALF = ("float16", "bfloat16")


def _without_nan(x: Array, instead: float) -> Array:
    """`x`, with this number in the place of NaN."""
    return xp.where(xp.isnan(x), as_dtype(instead, x.dtype), x) if is_inexact(x) else x


def _count(x: Array, axis: Axis, keepdims: bool) -> Array:
    """How many elements over `axis` are numbers."""
    return xp.sum(~xp.isnan(x), axis=axes_of(axis), keepdims=keepdims, dtype="int32")


def _mean(x: Array, axis: Axis, keepdims: bool) -> Array:
    return _share(_without_nan(x, 0), x, axis, keepdims)


def _share(parts: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """The sum of the parts, divided by how many elements of `x` are numbers."""
    total = xp.sum(parts, axis=axes_of(axis), keepdims=keepdims)
    count = as_dtype(_count(x, axis, keepdims), x.dtype)
    one, nan = as_dtype(1, x.dtype), as_dtype(float("nan"), x.dtype)
    return xp.where(count > 0, total / xp.maximum(count, one), nan)


def _single(x: Any) -> tuple[Array, Any]:
    """`x` in the dtype to compute in, and the dtype of the result."""
    x = as_float(x)
    return (x.astype("float32") if str(x.dtype) in HALF else x), x.dtype


def _variance(x: Array, axis: Axis, keepdims: bool) -> Array:
    mean = _mean(x, axis, keepdims=True)
    gap = xp.where(xp.isnan(x), mean, x) - mean  # 0 for NaN: so its gradient is 0 too
    return _share(xp.where(xp.isnan(x), as_dtype(0, x.dtype), gap * gap), x, axis, keepdims)


def _extreme(fn: Any, x: Any, axis: Axis, keepdims: bool, worst: float) -> Array:
    x, axis = tensor(x), axes_of(axis)
    found = fn(_without_nan(x, worst), axis=axis, keepdims=keepdims)
    if not is_inexact(x):
        return found
    return xp.where(_count(x, axis, keepdims) > 0, found, as_dtype(float("nan"), x.dtype))


def _place(fn: Any, x: Any, axis: int | None, keepdims: bool, worst: float) -> Array:
    x = tensor(x)
    found = as_dtype(fn(_without_nan(x, worst), axis=axis, keepdims=keepdims), "int32")
    if not is_inexact(x):
        return found
    return xp.where(_count(x, axis, keepdims) > 0, found, as_dtype(-1, "int32"))


@op
def nansum(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The sum over `axis`, in which NaN counts as 0."""
    return sum(_without_nan(tensor(x), 0), axis, keepdims)


@op
def nanprod(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The product over `axis`, in which NaN counts as 1."""
    return prod(_without_nan(tensor(x), 1), axis, keepdims)


@op
def nancumsum(x: Any, axis: int | None = None, dtype: Any = None) -> Array:
    """At each place, the sum of the elements up to it along `axis`, in which NaN counts as 0."""
    return cumsum(_without_nan(tensor(x), 0), axis, dtype)


@op
def nancumprod(x: Any, axis: int | None = None, dtype: Any = None) -> Array:
    """At each place, the product of the elements up to it along `axis`, in which NaN counts as 1."""
    return cumprod(_without_nan(tensor(x), 1), axis, dtype)


@op
def nanmean(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean over `axis` of the elements that are not NaN; NaN if there are none.

    Example:
        >>> float(nanmean([1.0, float("nan"), 3.0]))
        2.0
    """
    x, kind = _single(x)
    return as_dtype(_mean(x, axis, keepdims), kind)


@op
def nanvar(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The mean squared distance from the mean, over `axis`, of the elements that are not NaN."""
    x, kind = _single(x)
    return as_dtype(_variance(x, axis, keepdims), kind)


@op
def nanstd(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The square root of `nanvar`."""
    x, kind = _single(x)
    return as_dtype(xp.sqrt(_variance(x, axis, keepdims)), kind)


@op
def nanmax(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The greatest element over `axis` that is not NaN; NaN if there is none."""
    return _extreme(xp.max, x, axis, keepdims, -float("inf"))


@op
def nanmin(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The least element over `axis` that is not NaN; NaN if there is none."""
    return _extreme(xp.min, x, axis, keepdims, float("inf"))


@op
def nanargmax(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the greatest element along `axis` that is not NaN; -1 if there is none."""
    return _place(xp.argmax, x, axis, keepdims, -float("inf"))


@op
def nanargmin(x: Any, axis: int | None = None, keepdims: bool = False) -> Array:
    """The index of the least element along `axis` that is not NaN; -1 if there is none."""
    return _place(xp.argmin, x, axis, keepdims, float("inf"))


__all__ = [
    "nanargmax",
    "nanargmin",
    "nancumprod",
    "nancumsum",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]
