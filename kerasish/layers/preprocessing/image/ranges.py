"""Checks of the arguments that image layers share: ranges to draw from, and the range of pixel values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasish import random
from kerasish.backend import engine, xp
from kerasish.backend.interface import Array

FILL_MODES = "reflect", "wrap", "constant", "nearest"
INTERPOLATIONS = "nearest", "bilinear"
TINY = float(np.finfo("float32").tiny)


def is_number(x: Any) -> bool:
    """Whether `x` is a finite real number."""
    return isinstance(x, int | float | np.number) and not isinstance(x, bool) and bool(np.isfinite(x))


def is_pair(x: Any) -> bool:
    """Whether `x` is two numbers."""
    is_row = isinstance(x, Sequence | np.ndarray) and not isinstance(x, str)
    return is_row and len(x) == 2 and all(is_number(one) for one in x)


def span(value: Any, name: str, owner: str, low: float = -1.0, high: float = 1.0) -> tuple[float, float]:
    """`value` as a range within `[low, high]`; a number `f` means from `-f`, or from `low` if that is more, to `f`.

    Raises:
        ValueError: it is neither a number nor two, or outside `[low, high]`.
    """
    found: Any = (max(low, -abs(value)), abs(value) if low < 0 else value) if is_number(value) else value
    if not is_pair(found) or not all(low <= x <= high for x in found):
        raise ValueError(
            f"{owner}'s {name} must be a number, or a range of two numbers, of at least {low:g} and at most {high:g}; "
            f"got {value!r}."
        )
    return min(found), max(found)


def value_span(value: Any, owner: str) -> tuple[float, float]:
    """`value` as the least and the greatest value of a pixel.

    Raises:
        ValueError: it is not two different numbers.
    """
    if not is_pair(value) or value[0] == value[1]:
        raise ValueError(
            f"{owner}'s value_range must be the least and the greatest value of a pixel, such as (0, 255); "
            f"got {value!r}."
        )
    return min(value), max(value)


def drawn_from(span: tuple[float, float], count: int, seed: Any) -> Array:
    """`count` numbers, uniform over a range, in 32 bits."""
    return random.uniform((count,), span[0], span[1], dtype="float32", seed=seed)


def log_gammas(alpha: Any, shape: tuple[int, ...], seed: Any) -> Array:
    """Logarithms of gamma-distributed numbers; exact for small `alpha` too, where the numbers themselves would be 0."""
    larger = random.gamma(shape, alpha + 1, dtype="float32", seed=seed)
    uniform = random.uniform(shape, dtype="float32", seed=seed)
    return xp.log(larger) + xp.log(xp.maximum(uniform, TINY)) / alpha


def betas(alpha: Any, count: int, seed: Any) -> Array:
    """`count` numbers of the distribution Beta(alpha, alpha)."""
    pair = [log_gammas(alpha, (count,), seed) for _ in range(2)]
    return engine.sigmoid(pair[0] - pair[1])


def chosen(span: tuple[float, float], count: int, seed: Any) -> Array:
    """`count` booleans; the probability of each to be true is itself drawn from a range."""
    return drawn_from((0.0, 1.0), count, seed) < drawn_from(span, count, seed)
