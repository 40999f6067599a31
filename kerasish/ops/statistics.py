"""Quantiles, histograms, correlations."""

from __future__ import annotations

from typing import Any

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.nan import HALF
from kerasish.ops.promotion import as_dtype, as_float, integral, is_inexact, promoted, tensor
from kerasish.ops.reductions import Axis, axes_of

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    axis = axes_of(axis)
    given = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(a % ndim for a in given)


def _in_line(x: Array, axes: tuple[int, ...]) -> Array:
    """`x` with these axes flattened into a last one."""
    kept = [a for a in range(x.ndim) if a not in axes]
    shape = tuple(x.shape[a] for a in kept)
    count = 1
    for a in axes:
        count *= x.shape[a]
    return xp.reshape(xp.transpose(x, (*kept, *axes)), (*shape, count))


def _weights(position: Array, method: str) -> tuple[Array, Array]:
    """The place below `position` (as floats), and the weight of the place above it."""
    low = xp.floor(position)
    zero, one, half = (as_dtype(value, position.dtype) for value in (0, 1, 0.5))
    between = position > low
    if method == "linear":
        return low, position - low
    if method == "nearest":
        return xp.ceil(position - half), zero * low  # halfway: the one below
    return low, xp.where(between, {"lower": zero, "higher": one, "midpoint": half}[method], zero)


def _one_quantile(line: Array, q: Array, method: str, skip_nan: bool) -> Array:
    """The quantile along the last axis of a sorted `line`, in which NaN comes last."""
    zero, one = as_dtype(0, "int32"), as_dtype(1, "int32")
    numbers = xp.sum(~xp.isnan(line), axis=-1, keepdims=True, dtype="int32")
    size = xp.full_like(numbers, line.shape[-1])
    last = xp.maximum((numbers if skip_nan else size) - one, zero)
    low, weight = _weights(q * as_dtype(last, line.dtype), method)
    first = xp.minimum(as_dtype(low, "int32"), last)
    below = xp.take_along_axis(line, first, axis=-1)
    above = xp.take_along_axis(line, xp.minimum(first + one, last), axis=-1)
    alone = weight == as_dtype(0, line.dtype)
    mixed = below * (as_dtype(1, line.dtype) - weight) + xp.where(alone, below, above) * weight
    known = numbers > zero if skip_nan else numbers == size
    return xp.where(known, xp.where(alone, below, mixed), as_dtype(float("nan"), line.dtype))[..., 0]


def _fractions(q: Any, dtype: Any, percent: bool) -> Array:
    """The quantiles asked for, between 0 and 1."""
    q = as_dtype(tensor(q), dtype)
    if q.ndim > 1:
        raise ValueError(f"The quantiles asked for must be a number or a vector; got an array of shape {q.shape}.")
    q = q / as_dtype(100, dtype) if percent else q
    return xp.clip(q, as_dtype(0, dtype), as_dtype(1, dtype))


def _quantile(
    x: Any, q: Any, axis: Axis, method: str, keepdims: bool, skip_nan: bool = False, percent: bool = False
) -> Array:
    if method not in METHODS:
        raise ValueError(f"The method of a quantile must be one of {', '.join(METHODS)}; got {method!r}.")
    x = as_float(x)
    kind = x.dtype
    x = x.astype("float32") if str(kind) in HALF else x
    q = _fractions(q, x.dtype, percent)
    axes = _axes(axis, x.ndim)
    line = xp.sort(_in_line(x, axes), axis=-1)
    shape = tuple(1 if a in axes else size for a, size in enumerate(x.shape)) if keepdims else line.shape[:-1]
    if not line.shape[-1] or not q.size:
        found = xp.full((*q.shape, *shape), float("nan"), dtype=x.dtype)
    elif q.ndim:
        found = xp.stack([_one_quantile(line, q[i], method, skip_nan) for i in range(q.shape[0])])
    else:
        found = _one_quantile(line, q, method, skip_nan)
    return as_dtype(xp.reshape(found, (*q.shape, *shape)), kind)


@op
def quantile(x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """The value below which lies the fraction `q` of the elements over `axis`; NaN if one of them is NaN.

    Args:
        q: A number from 0 to 1, or a vector of them: then the result has a first axis for them.
        axis: One, or several; None: all.
        method: What is taken between two elements: `"linear"`, `"lower"`, `"higher"`, `"midpoint"`, `"nearest"`.
        keepdims: Whether the axes stay, with size 1.

    Example:
        >>> float(quantile([1.0, 2.0, 4.0], 0.75))
        3.0
    """
    return _quantile(x, q, axis, method, keepdims)


@op
def percentile(x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """`quantile(x, q / 100)`: with `q` from 0 to 100."""
    return _quantile(x, q, axis, method, keepdims, percent=True)


@op
def nanquantile(x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """`quantile` of the elements that are not NaN; NaN if there are none."""
    return _quantile(x, q, axis, method, keepdims, skip_nan=True)


@op
def nanpercentile(x: Any, q: Any, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Array:
    """`percentile` of the elements that are not NaN; NaN if there are none."""
    return _quantile(x, q, axis, method, keepdims, skip_nan=True, percent=True)


@op
def nanmedian(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The middle value over `axis` of the elements that are not NaN; NaN if there are none."""
    return _quantile(x, 0.5, axis, "midpoint", keepdims, skip_nan=True)


@op
def ptp(x: Any, axis: Axis = None, keepdims: bool = False) -> Array:
    """The greatest element over `axis`, minus the least."""
    x, axis = integral(tensor(x)), axes_of(axis)
    return xp.max(x, axis=axis, keepdims=keepdims) - xp.min(x, axis=axis, keepdims=keepdims)


@op
def corrcoef(x: Any) -> Array:
    """Pearson's correlation of each row of `x` with each row.

    Shapes:
        x: `(variables, observations)`, or one variable.
        returns: `(variables, variables)`.
    """
    x = as_float(x)
    if x.ndim > 2:
        raise ValueError(f"corrcoef takes variables by observations, two axes at most; got the shape {tuple(x.shape)}.")
    wide = x.astype("float32") if str(x.dtype) in HALF else x
    return as_dtype(xp.corrcoef(wide), x.dtype)


@op
def histogram(x: Any, bins: int = 10, range: tuple[float, float] | None = None) -> tuple[Array, Array]:
    """How many elements lie in each of so many equal intervals, and the intervals' edges.

    The last interval includes its right edge. NaN, and what lies outside, is not counted. Of an empty `x` the range
    is (0, 1), as NumPy has it.

    Args:
        bins: The number of intervals.
        range: The first edge and the last; None: the least element and the greatest.

    Shapes:
        x: `(samples,)`.
        returns: `(bins,)` and `(bins + 1,)`.
    """
    if not isinstance(bins, int) or bins < 1:
        raise TypeError(f"The bins of a histogram are a number, at least 1; got {bins!r}.")
    if range is not None and not range[0] < range[1]:
        raise ValueError(f"The range of a histogram must rise; got {range}.")
    x = tensor(x)
    if x.ndim != 1:
        raise ValueError(f"histogram takes a vector; got the shape {tuple(x.shape)}. Use ops.ravel(x).")
    kind = x.dtype if is_inexact(x) else as_float(x[:0]).dtype
    x = as_dtype(as_float(x), "float32") if str(kind) in HALF else as_float(x)
    low, high = (as_dtype(edge, x.dtype) for edge in range) if range else _limits(x)
    edges = xp.linspace(low, high, bins + 1)
    place = as_dtype(xp.searchsorted(edges, x, side="right"), "int32") - as_dtype(1, "int32")
    place = xp.where(x == edges[-1], as_dtype(bins - 1, "int32"), place)
    counts = engine.segment_sum(xp.ones_like(x), place, bins)
    return as_dtype(counts, kind), as_dtype(edges, kind)


def _limits(x: Array) -> tuple[Array, Array]:
    """The first edge and the last of a histogram of `x`."""
    if not x.shape[0]:
        return as_dtype(0, x.dtype), as_dtype(1, x.dtype)
    low, high = xp.min(x), xp.max(x)
    half = xp.where(low == high, as_dtype(0.5, x.dtype), as_dtype(0, x.dtype))
    return low - half, high + half


@op
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Array:
    """The integral of `y` along `axis`: the sum of `(y[i] + y[i + 1]) / 2 * (x[i + 1] - x[i])`.

    Args:
        x: Where the values were taken, along `axis`, or in the shape of `y`; None: `dx` apart.
    """
    y = as_float(y)
    if x is None:
        return as_dtype(xp.trapezoid(y, dx=dx, axis=axis), y.dtype)
    y, x = promoted(y, x)
    return as_dtype(xp.trapezoid(y, x, axis=axis), y.dtype)


@op
def diff(a: Any, n: int = 1, axis: int = -1) -> Array:
    """Each element minus the one before it along `axis`, and that `n` times; of booleans, whether they differ."""
    return xp.diff(tensor(a), n=n, axis=axis)


@op
def correlate(x1: Any, x2: Any, mode: str = "valid") -> Array:
    """`sum_n x1[n + k] * x2[n]`, of two vectors, for each shift `k`.

    Args:
        mode: Which shifts: `"valid"`, where both overlap fully; `"same"`, as many as the longer has elements;
            `"full"`, all with any overlap.
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"The mode of correlate must be 'valid', 'same' or 'full'; got {mode!r}.")
    x1, x2 = promoted(x1, x2, floating=True)
    kind = x1.dtype
    if str(kind) in HALF:
        x1, x2 = x1.astype("float32"), x2.astype("float32")
    return as_dtype(xp.correlate(x1, x2, mode=mode), kind)


__all__ = [
    "corrcoef",
    "correlate",
    "diff",
    "histogram",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "ptp",
    "quantile",
    "trapezoid",
]
