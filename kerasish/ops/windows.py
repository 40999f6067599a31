"""Windows: weights that fade a piece of a signal in and out. Their size is a number, so they are constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend import engine, floatx
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical
from kerasish.core.symbolic import is_symbolic
from kerasish.ops.promotion import tensor


def _number(name: str, x: Any) -> Any:
    """`x` as Python's number."""
    if is_symbolic(x) or engine.is_traced(x):
        raise TypeError(f"{name} makes a window of a known size: give it a number, not {type(x).__name__}.")
    return x if isinstance(x, int | float) else engine.to_numpy(tensor(x)).item()


def _constant(values: np.ndarray) -> Array:
    return engine.asarray(values, canonical(floatx()))


def bartlett(x: Any) -> Array:
    """`1 - |2n / (x - 1) - 1|`: the triangular window of `x` points, 0 at both ends."""
    return _constant(np.bartlett(int(_number("bartlett", x))))


def blackman(x: Any) -> Array:
    """`0.42 - 0.5 cos(2πn / (x - 1)) + 0.08 cos(4πn / (x - 1))`: Blackman's window of `x` points."""
    return _constant(np.blackman(int(_number("blackman", x))))


def hamming(x: Any) -> Array:
    """`0.54 - 0.46 cos(2πn / (x - 1))`: Hamming's window of `x` points."""
    return _constant(np.hamming(int(_number("hamming", x))))


def hanning(x: Any) -> Array:
    """`0.5 - 0.5 cos(2πn / (x - 1))`: von Hann's window of `x` points, 0 at both ends.

    Example:
        >>> [float(weight) for weight in hanning(3)]
        [0.0, 1.0, 0.0]
    """
    return _constant(np.hanning(int(_number("hanning", x))))


def kaiser(x: Any, beta: Any) -> Array:
    """`i0(beta * sqrt(1 - (2n / (x - 1) - 1)²)) / i0(beta)`: Kaiser's window of `x` points.

    Args:
        beta: How narrow it is; 0 is a rectangle.
    """
    return _constant(np.kaiser(int(_number("kaiser", x)), _number("kaiser", beta)))


__all__ = ["bartlett", "blackman", "hamming", "hanning", "kaiser"]
