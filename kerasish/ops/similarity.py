"""How alike two signals are."""

from __future__ import annotations

from typing import Any

from kerasish.backend import xp
from kerasish.backend.interface import Array
from kerasish.core.op import op
from kerasish.ops.promotion import promoted


@op
def psnr(x1: Any, x2: Any, max_val: float) -> Array:
    """`20 log10(max_val) - 10 log10(mean((x1 - x2)²))`: the peak signal-to-noise ratio of all elements, in decibels.

    Integers are computed with as floats. (Keras 3.15.1 lets differences of `uint8` overflow.)

    Args:
        max_val: The greatest value that an element can have.

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> round(float(psnr([0.0, 1.0], [0.0, 0.9], 1.0)), 2)
        23.01
    """
    x1, x2 = promoted(x1, x2, floating=True)
    if x1.shape != x2.shape:
        raise ValueError(f"psnr compares arrays of one shape; got {tuple(x1.shape)} and {tuple(x2.shape)}.")
    return 20 * xp.log10(xp.asarray(max_val, x1.dtype)) - 10 * xp.log10(xp.mean(xp.square(x1 - x2)))


__all__ = ["psnr"]
