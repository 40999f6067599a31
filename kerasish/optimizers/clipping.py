"""Gradients made smaller: by value, by the norm of each, by the norm of all."""

from __future__ import annotations

from collections.abc import Sequence

from kerasish.backend import xp
from kerasish.backend.interface import Array


def clip_by_value(gradients: Sequence[Array], limit: float) -> list[Array]:
    """Each number between `-limit` and `limit`."""
    return [xp.clip(g, -limit, limit) for g in gradients]


def clip_by_norm(gradients: Sequence[Array], limit: float) -> list[Array]:
    """Each gradient scaled down to the norm `limit`, if its norm is greater."""
    return [_scaled(g, _square_sum(g), limit) for g in gradients]


def clip_by_global_norm(gradients: Sequence[Array], limit: float) -> list[Array]:
    """All gradients scaled down by one factor, so that together they have the norm `limit`, if it is greater."""
    total = sum(_square_sum(g) for g in gradients)
    return [_scaled(g, total, limit) for g in gradients]


def _square_sum(gradient: Array) -> Array:
    wide = gradient if gradient.dtype == "float64" else gradient.astype("float32")  # squares overflow in 16 bits
    return xp.sum(xp.square(wide))


def _scaled(gradient: Array, square_sum: Array, limit: float) -> Array:
    factor = limit / xp.maximum(xp.sqrt(square_sum), xp.asarray(limit, dtype=square_sum.dtype))
    return gradient * factor.astype(gradient.dtype)
