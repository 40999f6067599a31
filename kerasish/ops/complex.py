"""Complex numbers: their parts, their angle; and arrays read as another dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasish.backend import engine, xp
from kerasish.backend.interface import Array
from kerasish.core.dtypes import canonical
from kerasish.core.op import op
from kerasish.ops.promotion import as_dtype, as_float, promoted, tensor, unary

HALF = ("float16", "bfloat16")


def single(x: Any) -> Array:
    """`x` as floats of 32 bits or more: what Fourier transforms and complex numbers are made of."""
    x = as_float(x)
    return x.astype("float32") if str(x.dtype) in HALF else x


def complex_of(real: Any, imag: Any) -> Array:
    """`real + imag * i`, element by element."""
    return engine.join_complex(*promoted(single(real), single(imag)))


def _conjugated(x: Array) -> Array:
    return xp.conj(x) if x.dtype.kind == "c" else x


real = unary("real", lambda x: xp.real(x) if x.dtype.kind == "c" else x, "The real part of each element.")
imag = unary(
    "imag",
    lambda x: xp.imag(x) if x.dtype.kind == "c" else xp.zeros_like(x),
    "The imaginary part of each element; 0 for real numbers.",
)
conj = unary("conj", _conjugated, "Each element with its imaginary part negated.")
conjugate = unary("conjugate", _conjugated, "Each element with its imaginary part negated: `conj`.")
isreal = unary(
    "isreal",
    lambda x: xp.imag(x) == 0 if x.dtype.kind == "c" else xp.ones(x.shape, "bool"),
    "Whether the imaginary part of each element is 0.",
)


@op
def angle(x: Any) -> Array:
    """The angle of each complex number from the real axis, in radians: 0 or π for real numbers."""
    x = as_float(x)
    if x.dtype.kind == "c":
        return xp.arctan2(xp.imag(x), xp.real(x))
    return as_dtype(xp.arctan2(xp.zeros_like(x), x), x.dtype)


@op
def polar(abs_: Any, angle: Any) -> Array:
    """`abs * (cos(angle) + i * sin(angle))`: the complex numbers of this length and angle.

    Keras's symbolic result is real, which its computed one is not; here both are complex.

    Example:
        >>> complex(polar(2.0, 0.0))
        (2+0j)
    """
    length, turn = promoted(single(abs_), single(angle))
    return engine.join_complex(length * xp.cos(turn), length * xp.sin(turn))


@op
def view_as_complex(x: Any) -> Array:
    """The complex numbers whose real and imaginary parts stand along the last axis of `x`.

    Shapes:
        x: `(..., 2)`.
        returns: `(...)`, complex.
    """
    x = tensor(x)
    if not x.ndim or x.shape[-1] != 2:
        raise ValueError(
            f"view_as_complex takes real and imaginary parts along a last axis of size 2; got the shape {x.shape}."
        )
    return complex_of(x[..., 0], x[..., 1])


@op
def view_as_real(x: Any) -> Array:
    """The real and imaginary parts of `x` along a new last axis, of size 2."""
    return xp.stack([real(x), imag(x)], axis=-1)


@op
def view(x: Any, dtype: Any = None) -> Array:
    """The bytes of `x`, read as another dtype; the last axis grows or shrinks as its size in bytes asks.

    Args:
        dtype: By default, that of `x`.

    Example:
        >>> view([1.0, 2.0], "uint8").shape
        (8,)
    """
    x = tensor(x)
    kind = np.dtype(x.dtype if dtype is None else canonical(dtype))
    given = np.dtype(x.dtype).itemsize
    if given != kind.itemsize and (not x.ndim or x.shape[-1] * given % kind.itemsize):
        raise ValueError(
            f"An array of shape {tuple(x.shape)} and dtype {x.dtype} can't be viewed as {kind.name}: the bytes of its "
            f"last axis don't make whole numbers of {kind.itemsize} bytes."
        )
    return (np.ascontiguousarray(x) if isinstance(x, np.ndarray) and x.ndim else x).view(kind)


__all__ = [
    "angle",
    "conj",
    "conjugate",
    "imag",
    "isreal",
    "polar",
    "real",
    "view",
    "view_as_complex",
    "view_as_real",
]
