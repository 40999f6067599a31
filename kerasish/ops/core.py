"""Conversion between kinds of arrays, and facts about them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array, Shape
from kerasish.core.dtypes import canonical, is_float_dtype, is_int_dtype, standardize_dtype
from kerasish.core.op import op
from kerasish.core.symbolic import SymbolicTensor
from kerasish.core.variable import Variable
from kerasish.ops.promotion import as_dtype, tensor


@op
def cast(x: Any, dtype: Any) -> Array:
    """`x` with this dtype; a fraction is cut off on the way to an integer type."""
    return as_dtype(x, canonical(dtype))


@op
def saturate_cast(x: Any, dtype: Any) -> Array:
    """`x` with this dtype; what it can't hold becomes its nearest extreme."""
    x, kind = tensor(x), canonical(dtype)
    if kind == "bool":
        return as_dtype(x, kind)
    low, high = _extremes(kind)
    own_low, own_high = _extremes(str(x.dtype))
    if low > own_low:
        x = xp.maximum(x, as_dtype(low, x.dtype))
    if high < own_high:
        x = xp.minimum(x, _at_most(high, x.dtype))
    return as_dtype(x, kind)


def _extremes(dtype: str) -> tuple[Any, Any]:
    if dtype == "bool":
        return 0, 1
    if is_int_dtype(dtype):
        return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    limits = xp.finfo(dtype)
    return float(limits.min), float(limits.max)


def _at_most(value: Any, dtype: Any) -> Array:
    """`value` in this dtype, rounded down: the greatest `int32` is not a `float32`."""
    if not is_float_dtype(dtype):
        return as_dtype(value, dtype)
    near = np.asarray(value, np.float64).astype(np.dtype(dtype))
    if float(near) > value:
        near = np.nextafter(near, np.asarray(0, near.dtype))
    return engine.asarray(near, str(np.dtype(dtype)))


@op
def convert_to_tensor(x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None) -> Array:
    """`x` (a number, a list, a NumPy array, a variable) as an array of the backend.

    Args:
        dtype: By default that of `x`, in 32 bits instead of 64; `floatx()` for Python's floats.
    """
    if sparse or ragged:
        raise ValueError("convert_to_tensor makes dense arrays: sparse and ragged must be None or False.")
    return tensor(x) if dtype is None else as_dtype(x, canonical(dtype))


def convert_to_numpy(x: Any) -> np.ndarray:
    """`x` (an array, a variable, a list) as a NumPy array; waits for the device."""
    if isinstance(x, Variable):
        return x.numpy()
    return engine.to_numpy(x) if engine.is_array(x) else np.asarray(x)


def is_tensor(x: Any) -> bool:
    """Whether `x` is an array of the backend."""
    return engine.is_array(x)


def shape(x: Any) -> Shape:
    """The sizes of `x`, as a tuple; None for one that a symbolic tensor leaves open."""
    return tuple(x.shape) if isinstance(x, SymbolicTensor | Variable) or engine.is_array(x) else tuple(np.shape(x))


def ndim(x: Any) -> int:
    """How many axes `x` has."""
    return len(shape(x))


def size(x: Any) -> Any:
    """How many elements `x` has: a number; or, where a symbolic tensor leaves it open, a symbolic scalar of `int32`."""
    sizes = shape(x)
    return _size(x) if None in sizes else math.prod(n for n in sizes if n is not None)


def _count(x: Any) -> Array:
    return engine.asarray(math.prod(tensor(x).shape), "int32")


_size = op(_count, "size")


def dtype(x: Any) -> str:
    """The name of the dtype of `x`."""
    if isinstance(x, SymbolicTensor | Variable) or engine.is_array(x):
        return standardize_dtype(x.dtype)
    return standardize_dtype(tensor(x).dtype)


@op
def stop_gradient(variable: Any) -> Array:
    """The same values, which no gradient flows through."""
    return engine.stop_gradient(tensor(variable))


__all__ = [
    "cast",
    "convert_to_numpy",
    "convert_to_tensor",
    "dtype",
    "is_tensor",
    "ndim",
    "saturate_cast",
    "shape",
    "size",
    "stop_gradient",
]
