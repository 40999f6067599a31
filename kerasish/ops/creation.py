"""New arrays: filled, counted, of the shape of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical, is_float_dtype
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, common_dtype, promoted, tensor


def _sizes(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, int | np.integer) else tuple(int(size) for size in shape)


def zeros(shape: Any, dtype: Any = None) -> Array:
    """An array of zeros, of `floatx()` by default."""
    return xp.zeros(_sizes(shape), canonical(dtype))


def ones(shape: Any, dtype: Any = None) -> Array:
    """An array of ones, of `floatx()` by default."""
    return xp.ones(_sizes(shape), canonical(dtype))


def empty(shape: Any, dtype: Any = None) -> Array:
    """An array that will be overwritten: what is in it means nothing."""
    return xp.zeros(_sizes(shape), canonical(dtype))


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Array:
    """An array in which each element is `fill_value`, of `floatx()` by default."""
    return xp.broadcast_to(as_dtype(fill_value, canonical(dtype)), _sizes(shape))


def eye(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Array:  # noqa: N803  Keras's names
    """An `(N, M)` matrix with ones on the `k`-th diagonal, else zeros."""
    return xp.eye(N, M, k=k, dtype=canonical(dtype))


def identity(n: int, dtype: Any = None) -> Array:
    """An `(n, n)` matrix with ones on the diagonal, else zeros."""
    return eye(n, dtype=dtype)


def tri(N: int, M: int | None = None, k: int = 0, dtype: Any = None) -> Array:  # noqa: N803  Keras's names
    """An `(N, M)` matrix with ones on the `k`-th diagonal and below it, else zeros."""
    return xp.tri(N, M, k=k, dtype=canonical(dtype))


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Array:
    """The numbers from `start` up to, without, `stop`, `step` apart; with one argument, from 0 up to it.

    Example:
        >>> [int(i) for i in arange(2, 8, 3)]
        [2, 5]
    """
    given = [x for x in (start, stop, step) if x is not None]
    kind = canonical(dtype) if dtype is not None else common_dtype(*given)
    start, stop = (0, start) if stop is None else (start, stop)
    return xp.arange(start, stop, 1 if step is None else step, dtype=kind)


@op
def linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """`num` numbers at equal distances from `start` to `stop`.

    Args:
        endpoint: Whether `stop` is the last of them.
        retstep: Whether to return the distance too.
        dtype: By default a float type.
        axis: Where they are, if `start` and `stop` are arrays.
    """
    start, stop = promoted(start, stop, floating=True)
    numbers, step = xp.linspace(start, stop, num, endpoint=endpoint, retstep=True, axis=axis)
    kind = start.dtype if dtype is None else canonical(dtype)
    if not is_float_dtype(kind):
        numbers = xp.floor(numbers)
    numbers = as_dtype(numbers, str(kind))
    return (numbers, as_dtype(step, start.dtype)) if retstep else numbers


@op
def zeros_like(x: Any, dtype: Any = None) -> Array:
    """Zeros in the shape of `x`, and in its dtype if no other is given."""
    return xp.zeros_like(tensor(x), dtype=None if dtype is None else canonical(dtype))


@op
def ones_like(x: Any, dtype: Any = None) -> Array:
    """Ones in the shape of `x`, and in its dtype if no other is given."""
    return xp.ones_like(tensor(x), dtype=None if dtype is None else canonical(dtype))


@op
def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Array:
    """`fill_value` in the shape of `x`, and in its dtype if no other is given."""
    x = tensor(x)
    return xp.broadcast_to(as_dtype(fill_value, str(x.dtype) if dtype is None else canonical(dtype)), x.shape)


@op
def empty_like(x: Any, dtype: Any = None) -> Array:
    """An array in the shape of `x` that will be overwritten."""
    return zeros_like(x, dtype)


@op
def array(x: Any, dtype: Any = None) -> Array:
    """`x` as an array, in its own dtype if no other is given."""
    return tensor(x) if dtype is None else as_dtype(x, canonical(dtype))


@op
def copy(x: Any) -> Array:
    """A copy of `x`."""
    x = tensor(x)
    return x if engine.is_traced(x) else xp.array(x, copy=True)


__all__ = [
    "arange",
    "array",
    "copy",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "identity",
    "linspace",
    "ones",
    "ones_like",
    "tri",
    "zeros",
    "zeros_like",
]
